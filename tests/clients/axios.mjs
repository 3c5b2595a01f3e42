// A client that pays in axios, for suites that are written for `fetch`.
//
// axios rejects what is not a success, and that is where such clients come in: its statuses are left as they are.

/** A paying `fetch` of a plain one, by a client that gets an axios of its own to wrap. */
export const fetchBy = (axios, wrap) => (plain, privateKey) => {
  const paying = wrap(axios.create({ adapter: 'fetch', env: { fetch: plain } }), privateKey);
  return async (url, { method, headers, body }) => {
    const answer = await paying.request({ url, method, headers, data: body }).catch((error) => {
      if (error.response) return error.response;
      throw error;
    });
    return new Response(JSON.stringify(answer.data), { status: answer.status, headers: answer.headers });
  };
};
