// Looks at the call again until there is nothing new to come, each time as soon as there is something new, and changes what has changed. Without it the page reloads
// itself instead. Everything it puts into the page was written, and escaped, by the server.
'use strict';
(() => {
  const main = document.getElementById('call');
  const note = document.getElementById('note');
  const longest = 60;
  // Seconds for which the server holds an answer back until there is something new.
  const wait = 10;
  // What was held back for longer than this was waited for, and is asked again after this.
  const held = 1000;
  const soon = 0.25;
  let again = Number(main.dataset.again);
  let failures = 0;
  let hasWaited = false;
  let timer;

  // Times as this reader writes them.
  const localise = (root) => {
    for (const time of root.querySelectorAll('time')) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.valueOf())) time.textContent = at.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
    }
  };

  const replaceIfChanged = (id, fresh) => {
    const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
    if (!old || !now || (old.innerHTML === now.innerHTML && old.className === now.className)) return;
    old.className = now.className;
    old.replaceChildren(...now.childNodes);
  };

  // What was said stays said: lines are added, so that no reader hears or selects them anew.
  const add = (fresh) => {
    const [old, now] = [document.getElementById('said'), fresh.getElementById('said')];
    const same = [...old.children].every((line, at) => line.outerHTML === now.children[at]?.outerHTML);
    if (!same) old.replaceChildren();
    old.append(...[...now.children].slice(old.children.length));
  };

  const show = (fresh) => {
    localise(fresh);
    again = Number(fresh.getElementById('call').dataset.again);
    main.dataset.again = String(again);
    document.title = fresh.title;
    // What the reader has opened stays open as long as it is there.
    const hangUp = document.getElementById('hangup');
    if (!fresh.getElementById('hangup').firstElementChild) hangUp.replaceChildren();
    for (const id of ['state', 'facts', 'summary', 'answers', 'recording', 'silence']) replaceIfChanged(id, fresh);
    add(fresh);
  };

  const say = (text) => {
    note.textContent = text;
    note.hidden = text === '';
  };

  const look = async () => {
    try {
      const address = new URL(location.href);
      address.searchParams.set('wait', String(wait));
      const began = Date.now();
      hasWaited = false;
      const answer = await fetch(address, { headers: { accept: 'text/html' }, cache: 'no-store', credentials: 'omit' });
      if (answer.status === 404) {
        again = 0;
        say('This call is no longer kept.');
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
      failures = 0;
      hasWaited = Date.now() - began > held;
      say('');
    } catch {
      failures += 1;
      say('The page could not be brought up to date. It will be tried again.');
    }
    later();
  };

  const later = () => {
    clearTimeout(timer);
    if (again > 0 && !document.hidden) timer = setTimeout(look, (hasWaited ? soon : Math.min(again * 2 ** failures, longest)) * 1000);
  };

  const now = () => {
    clearTimeout(timer);
    if (again > 0 && !document.hidden) look();
  };

  document.addEventListener('visibilitychange', now);
  window.addEventListener('online', now);
  document.addEventListener('error', (event) => {
    if (event.target instanceof HTMLMediaElement) document.getElementById('unplayable').hidden = false;
  }, true);
  localise(document);
  later();
})();
