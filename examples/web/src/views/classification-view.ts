import type { LabelResult } from '@crrg/pipeline';
import { html, nothing, svg } from 'lit-html';
import type { Actions } from '../actions.js';
import type { State } from '../state.js';
import { percent } from '../words.js';

/** The probability as a bar, with a mark at the threshold. */
const barView = ({ probability, threshold, positive }: LabelResult) => html`
  <svg
    class="bar"
    viewBox="0 0 100 8"
    preserveAspectRatio="none"
    aria-hidden="true"
    ?data-positive=${positive}
  >
    ${svg`<rect class="bar-room" width="100" height="8"/><rect class="bar-value" width=${100 * probability} height="8"/>
    <rect class="bar-threshold" x=${100 * threshold - 0.4} width="0.8" height="8"/>`}
  </svg>
`;

function labelView(result: LabelResult, { heatMapOf }: State, actions: Actions) {
  const { label, probability, threshold, positive, heatMap } = result;
  const isShown = heatMapOf === label;
  return html`
    <li class="label">
      <span class="label-name">${label}</span>
      <span class="number label-probability">${percent(probability)}</span>
      ${barView(result)}
      <span class="label-verdict">
        ${positive ? 'Above' : 'Below'} the threshold of ${percent(threshold)}
        ${
          heatMap
            ? html`<button
                type="button"
                class="toggle"
                aria-pressed=${isShown}
                aria-label="Where it looked for ${label}"
                @click=${() => actions.change({ heatMapOf: isShown ? undefined : label })}
              >
                Where it looked
              </button>`
            : nothing
        }
      </span>
    </li>
  `;
}

/** What the classifier says, beside the report. */
export function classificationView(state: State, actions: Actions) {
  const { classification } = state.reading;
  if (classification.length === 0) return nothing;
  return html`
    <section aria-labelledby="classification-title">
      <h3 id="classification-title">
        Classifier <span class="hint">a second model: it reads the picture, not the text</span>
      </h3>
      <ul class="labels">
        ${classification.map((result) => labelView(result, state, actions))}
      </ul>
    </section>
  `;
}
