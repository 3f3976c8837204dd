// The soak sees what it looks for: runs that are made up, each with one thing wrong.
import assert from 'node:assert/strict';
import { findProblems, summarise } from '../soak/judge.mjs';

const MINUTES = 10;
const answer = (status, more = {}) => ({
  minute: 1,
  name: 'jpeg',
  expected: 200,
  status,
  ms: 100,
  told: 'clear',
  ...more,
});
const refused = answer(429, { retryAfter: '2', told: undefined });
const sampled = (grown) =>
  Array.from({ length: 100 }, (_, at) => ({ minute: at / 10, healthMs: 1, rss: at < 50 ? 100 : grown }));

const judge = ({ answers = [], grown = 100, ended = 0 }) => {
  const run = {
    answers: [answer(200), refused, ...answers],
    samples: sampled(grown),
    minutes: MINUTES,
    ended,
  };
  return findProblems(run, summarise(run));
};

export function checkJudge() {
  const good = [answer(503), answer(504), answer(200, { name: 'leaves', status: 'left' })];
  assert.deepEqual(judge({ answers: good, grown: 114 }), []);
  const wrong = {
    'jpeg: status 500 (INTERNAL)': { answers: [answer(500, { told: 'INTERNAL' })] },
    'jpeg: status broken (ECONNRESET)': { answers: [answer('broken', { told: 'ECONNRESET' })] },
    'damaged: status 200 (clear)': {
      answers: [
        answer(422, { name: 'damaged', expected: 422 }),
        answer(200, { name: 'damaged', expected: 422 }),
      ],
    },
    'jpeg: 2 different answers to the same film': { answers: [answer(200, { told: 'opacity' })] },
    'png: never answered': { answers: [{ ...refused, name: 'png' }] },
    '429 without Retry-After': { answers: [{ ...refused, retryAfter: null }] },
    'the server ended with SIGSEGV': { ended: 'SIGSEGV' },
    'memory: grew by a factor of 1.16, more than 1.15': { grown: 116 },
  };
  for (const [problem, run] of Object.entries(wrong)) assert.deepEqual(judge(run), [problem]);
  const calm = { answers: [answer(200)], samples: sampled(100), minutes: MINUTES, ended: 0 };
  assert.deepEqual(findProblems(calm, summarise(calm)), ['bursts: none was refused']);
}
