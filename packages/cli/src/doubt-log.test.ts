import type { Doubt } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { createDoubtLog } from './doubt-log.js';

function openLog() {
  const lines: string[] = [];
  const log = createDoubtLog({ stderr: { write: (line: string) => lines.push(line) } } as never);
  return { log, lines };
}

const dark: Doubt = { code: 'bits-unused', message: 'too dark.' };
const inverted: Doubt = { code: 'negative', message: 'inverted.' };

describe('the log of doubts', () => {
  it('counts films, not doubts, and each doubt by its code, also of films that were refused', () => {
    const { log, lines } = openLog();
    log.add('a.png', [dark, inverted]);
    log.add('good.png', []);
    log.count([dark]);
    log.end(5);
    expect(lines).toEqual([
      'crrg: a.png: doubt bits-unused: too dark.\n',
      'crrg: a.png: doubt negative: inverted.\n',
      'crrg: 2 of 5 films in doubt: 2 bits-unused, 1 negative\n',
    ]);
  });

  it('counts nothing of one film, or where no film is in doubt', () => {
    const one = openLog();
    one.log.count([dark]);
    one.log.end(1);
    const none = openLog();
    none.log.add('good.png', []);
    none.log.end(2);
    expect([...one.lines, ...none.lines]).toEqual([]);
  });
});
