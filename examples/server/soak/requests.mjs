// The requests of a soak: films of every kind, streams, pictures, a damaged film, clients that leave.
import { makeFilms } from '../check/films.mjs';

const LEAVES_AFTER_MS = 40;

const jsonText = async (response) => (await response.json()).text;
const streamText = async (response) => {
  const events = (await response.text()).trim().split('\n').map(JSON.parse);
  return events.at(-1).type === 'report' ? events.at(-1).report.text : `ended with ${events.at(-1).type}`;
};
const pictureStart = async (response) => Buffer.from(await response.arrayBuffer()).toString('latin1', 1, 4);

/** Kinds of requests in the order in which they come, over and over. */
export async function makeKinds() {
  const films = await makeFilms();
  const kind = (name, film, more = {}) => ({
    name,
    film,
    path: '/reports',
    expected: 200,
    read: jsonText,
    ...more,
  });
  const jpeg = kind('jpeg', films.jpeg);
  const png = kind('png', films.png);
  const dicom = kind('dicom', films.dicom);
  const stream = kind('stream', films.other, { path: '/reports?stream', read: streamText });
  const damaged = kind('damaged', films.damaged, {
    expected: 422,
    read: async (response) => (await response.json()).code,
  });
  return [
    jpeg,
    dicom,
    png,
    stream,
    damaged,
    kind('classify', films.other, { path: '/reports?classify&explain' }),
    kind('large', films.large),
    jpeg,
    kind('overlay', films.jpeg, { path: '/overlays', read: pictureStart }),
    dicom,
    kind('leaves', films.png, { leavesAfterMs: LEAVES_AFTER_MS }),
    stream,
  ];
}

/** Sends one; its status (`left`, or `broken` where the connection failed), milliseconds, and what was read of a good answer. */
export async function send(origin, { film, path, expected, read, leavesAfterMs }, at) {
  const start = performance.now();
  const signal = leavesAfterMs === undefined ? undefined : AbortSignal.timeout(leavesAfterMs);
  const form = new FormData();
  form.set('film', new File([film.bytes], film.name, { type: film.type }));
  // Forms and bare films in turn.
  const isForm = at % 2 === 0;
  const init = isForm ? { body: form } : { body: film.bytes, headers: { 'content-type': film.type } };
  try {
    const response = await fetch(`${origin}${path}`, { method: 'POST', signal, ...init });
    const isExpected = response.status === expected;
    const told = isExpected ? await read(response) : await response.text();
    return {
      status: response.status,
      ms: performance.now() - start,
      ...(isExpected && { told }),
      retryAfter: response.headers.get('retry-after'),
    };
  } catch (error) {
    const status = signal?.aborted ? 'left' : 'broken';
    return {
      status,
      ms: performance.now() - start,
      told: status === 'broken' ? String(error.cause ?? error) : undefined,
    };
  }
}
