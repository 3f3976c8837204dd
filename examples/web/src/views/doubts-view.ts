import type { Doubt } from '@crrg/core';
import { html, nothing } from 'lit-html';
import type { Phase } from '../state.js';
import { capitalised, count } from '../words.js';
import { warningIcon } from './icons.js';

/** Why the answer may be wrong, in words, before the answer. */
export function doubtsView(doubts: readonly Doubt[], phase: Phase) {
  if (doubts.length === 0)
    return phase === 'read'
      ? html`<p class="no-doubts">Nothing speaks against this film. That does not make the report right.</p>`
      : nothing;
  return html`
    <section class="doubts" aria-labelledby="doubts-title">
      <h3 id="doubts-title">${warningIcon} ${count(doubts.length, 'reason')} to doubt this report</h3>
      <ul>
        ${doubts.map(({ code, message }) => html`<li>${capitalised(message)} <code>${code}</code></li>`)}
      </ul>
    </section>
  `;
}
