//! The checker: every state that can be reached, breadth first, so that the way to a mistake is the
//! shortest one.
//!
//! It refuses to know what is modelled. It is our own because three things are needed together that
//! the model checkers on the registry do not give: which step led where (to hold the models against
//! the store's table), states that are compared and not only hashed, and "from everywhere it can
//! come to rest" in graphs that have cycles.

mod seen;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use seen::{Seen, index, wide};

/// What holds, or the name of what does not.
pub type Verdict = Result<(), &'static str>;

/// A property by its name.
pub fn holds(it: bool, name: &'static str) -> Verdict {
    if it { Ok(()) } else { Err(name) }
}

/// Something that can be explored.
pub trait Model {
    /// Everything there is to know at an instant.
    type State: Clone + Eq + Hash + Debug;

    /// Where it begins.
    fn start(&self) -> Vec<Self::State>;
    /// What can happen next.
    fn next(&self, state: &Self::State, steps: &mut Steps<Self::State>);
    /// The same for all states that differ in nothing but the names of interchangeable workers.
    fn canonical(&self, state: &mut Self::State);
    /// What holds in every state.
    fn always(&self, state: &Self::State) -> Verdict;
    /// What holds where nothing is left to happen but bad luck and new requests.
    fn at_rest(&self, state: &Self::State) -> Verdict;
}

/// A step's name, and the arrows of the store's table that it makes.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What happens.
    pub what: &'static str,
    /// The writes, as the table of `shared/src/store/mod.rs` calls them.
    pub arrows: &'static [&'static str],
    /// It will happen if nothing else does; what is not due is luck, or a choice.
    due: bool,
}

/// The steps out of a state.
pub struct Steps<S> {
    made: Vec<(Step, S)>,
    /// Whatever is added now is a choice.
    optional: bool,
}

impl<S> Steps<S> {
    const fn new() -> Self {
        Self { made: Vec::new(), optional: false }
    }

    /// Something that goes on by itself.
    pub fn due(&mut self, what: &'static str, to: S) {
        self.write(what, &[], to);
    }

    /// Something that happens or does not.
    pub fn luck(&mut self, what: &'static str, to: S) {
        self.made.push((Step { what, arrows: &[], due: false }, to));
    }

    /// One write to the table.
    pub fn write(&mut self, what: &'static str, arrows: &'static [&'static str], to: S) {
        self.made.push((Step { what, arrows, due: !self.optional }, to));
    }

    /// Adds steps that may be chosen, and need not happen.
    pub fn optionally(&mut self, add: impl FnOnce(&mut Self)) {
        self.optional = true;
        add(self);
        self.optional = false;
    }
}

/// What an exploration has seen.
#[derive(Debug, Default)]
pub struct Explored {
    /// States.
    pub states: usize,
    /// Steps between them.
    pub transitions: usize,
    /// States at rest.
    pub resting: usize,
    /// The arrows that were made on the way.
    pub arrows: BTreeSet<&'static str>,
    /// What did not hold.
    pub broken: Option<Broken>,
}

/// A property that does not hold, and the shortest way there.
#[derive(Debug)]
pub struct Broken {
    /// The property's name.
    pub property: &'static str,
    /// The steps.
    pub way: Vec<&'static str>,
    /// Where they led.
    pub state: String,
}

/// The name of the property that the checker itself looks after.
pub const COMES_TO_REST: &str = "I8 from everywhere it comes to rest without any luck";

/// Explores a model until nothing is left, or something does not hold.
pub fn explore<M: Model>(model: &M) -> Explored {
    Search::new(model).run()
}

struct Search<'a, M: Model> {
    model: &'a M,
    seen: Seen<M::State>,
    /// How each state was first reached.
    from: Vec<(u32, &'static str)>,
    /// The due steps of each state, one after the other, and where those of each begin.
    due: Vec<u32>,
    begins: Vec<u32>,
    resting: Vec<u32>,
    /// The steps that were made.
    known: Vec<&'static str>,
    explored: Explored,
}

impl<'a, M: Model> Search<'a, M> {
    fn new(model: &'a M) -> Self {
        Self {
            model,
            seen: Seen::new(),
            from: Vec::new(),
            due: Vec::new(),
            begins: Vec::new(),
            resting: Vec::new(),
            known: Vec::new(),
            explored: Explored::default(),
        }
    }

    fn run(mut self) -> Explored {
        for mut state in self.model.start() {
            self.model.canonical(&mut state);
            self.reach(state, u32::MAX, "begin");
        }
        let mut steps = Steps::new();
        let mut at = 0;
        while let Some(state) = self.seen.states.get(wide(at)).cloned() {
            if let Err(property) = self.model.always(&state) {
                return self.broken(property, at);
            }
            self.model.next(&state, &mut steps);
            let rests = self.expand(&state, at, &mut steps);
            if rests {
                self.resting.push(at);
                if let Err(property) = self.model.at_rest(&state) {
                    return self.broken(property, at);
                }
            }
            at += 1;
        }
        self.explored.resting = self.resting.len();
        match self.restless() {
            Some(at) => self.broken(COMES_TO_REST, at),
            None => self.finished(),
        }
    }

    /// Follows each step; whether none of the due ones leads on.
    fn expand(&mut self, state: &M::State, at: u32, steps: &mut Steps<M::State>) -> bool {
        self.begins.push(index(self.due.len()));
        let mut rests = true;
        for (step, mut to) in steps.made.drain(..) {
            self.model.canonical(&mut to);
            self.explored.transitions += 1;
            if to == *state {
                continue;
            }
            self.made(step);
            let reached = self.reach(to, at, step.what);
            if step.due {
                rests = false;
                self.due.push(reached);
            }
        }
        rests
    }

    /// Remembers a step. A step of one name has the same arrows each time, so most are known by
    /// where their name stands.
    fn made(&mut self, step: Step) {
        if !self.known.iter().any(|known| std::ptr::eq(*known, step.what)) {
            self.known.push(step.what);
            self.explored.arrows.extend(step.arrows);
        }
    }

    fn reach(&mut self, state: M::State, from: u32, what: &'static str) -> u32 {
        let (at, new) = self.seen.add(state);
        if new {
            self.from.push((from, what));
        }
        at
    }

    /// A state from which due steps alone never lead to rest: the first that was found.
    fn restless(&self) -> Option<u32> {
        let states = self.seen.states.len();
        // The due steps, backwards: counted, then laid out.
        let mut begins = vec![0_u32; states + 1];
        for to in &self.due {
            begins[wide(*to) + 1] += 1;
        }
        for at in 0..states {
            begins[at + 1] += begins[at];
        }
        let mut back = vec![0_u32; self.due.len()];
        let mut fill = begins.clone();
        for at in 0..states {
            let until = self.begins.get(at + 1).map_or(self.due.len(), |next| wide(*next));
            for to in &self.due[wide(self.begins[at])..until] {
                back[wide(fill[wide(*to)])] = index(at);
                fill[wide(*to)] += 1;
            }
        }
        let mut calm = vec![false; states];
        let mut open = self.resting.clone();
        for at in &open {
            calm[wide(*at)] = true;
        }
        while let Some(at) = open.pop() {
            for before in &back[wide(begins[wide(at)])..wide(begins[wide(at) + 1])] {
                if !std::mem::replace(&mut calm[wide(*before)], true) {
                    open.push(*before);
                }
            }
        }
        calm.iter().position(|calm| !calm).map(index)
    }

    fn finished(mut self) -> Explored {
        self.explored.states = self.seen.states.len();
        self.explored
    }

    fn broken(mut self, property: &'static str, mut at: u32) -> Explored {
        let state = format!("{:?}", self.seen.states[wide(at)]);
        let mut way = Vec::new();
        while let Some((from, what)) = self.from.get(wide(at)) {
            way.push(*what);
            at = *from;
        }
        way.reverse();
        self.explored.broken = Some(Broken { property, way, state });
        self.finished()
    }
}
