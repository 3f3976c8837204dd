import { html, nothing } from 'lit-html';
import type { Answer, State } from '../state.js';
import { capitalised, percent } from '../words.js';

function answerView({ place, description, problem }: Answer) {
  return html`
    <li class="answer">
      <span class="finding-region">${capitalised(place)}</span>
      ${problem ? html`<span>${problem.what} ${problem.advice}</span>` : nothing}
      ${
        description
          ? html`<span class="finding-sentence">${description.sentence}</span>
              <span class="finding-score">Looks abnormal: ${percent(description.abnormalityScore)}</span>
              ${description.doubts.map(
                ({ message, code }) =>
                  html`<span class="answer-doubt">In doubt: ${message} <code>${code}</code></span>`,
              )}`
          : nothing
      }
      ${!problem && !description ? html`<span class="finding-sentence">Asking the model</span>` : nothing}
    </li>
  `;
}

/** What was asked about single places. */
export function answersView({ answers }: State) {
  if (answers.length === 0) return nothing;
  return html`
    <section aria-labelledby="answers-title" aria-live="polite">
      <h3 id="answers-title">Asked</h3>
      <ul class="answers">
        ${answers.map(answerView)}
      </ul>
    </section>
  `;
}
