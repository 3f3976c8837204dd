// What every app of the table does: opens a pipeline, reads films one after the other, and says what each took.
const TICK_MS = 4;

/** Does a work; milliseconds that it took, and the longest time in which the thread answered nothing else. */
async function timed(work) {
  const start = performance.now();
  let last = start;
  let block = 0;
  const tick = () => {
    const now = performance.now();
    block = Math.max(block, now - last - TICK_MS);
    last = now;
  };
  const timer = setInterval(tick, TICK_MS);
  try {
    const value = await work();
    return { value, ms: performance.now() - start, block: (tick(), block) };
  } finally {
    clearInterval(timer);
  }
}

const readingOf = ({ text, regions }) => ({
  text,
  regions: regions.map(({ name, status, box }) => ({ name, status, box })),
});

/** Milliseconds of every film, what the reports say, and the engine that they name. */
async function readFilms(pipeline, films) {
  const read = [];
  let backend = '';
  for (const film of films) {
    const { value, ms, block } = await timed(() => pipeline.generateReport(film, { numBeams: 1 }));
    read.push({ ms, block, reading: readingOf(value) });
    backend = value.provenance.backend;
  }
  pipeline.dispose();
  return { films: read, backend };
}

/** The visit as JSON; what stopped it by name, code and message, and when. */
export async function visitAsJson(open, films) {
  let at = 'opening';
  try {
    const { value, ms, block } = await timed(open);
    at = 'reading';
    return JSON.stringify({ visit: { open: { ms, block }, ...(await readFilms(value, films)) } });
  } catch (error) {
    const { name, code = null, message } = Object(error);
    return JSON.stringify({ error: { name: String(name), code, message: String(message ?? error), at } });
  }
}
