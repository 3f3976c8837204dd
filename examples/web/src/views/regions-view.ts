import type { RegionResult } from '@crrg/pipeline';
import { html, nothing } from 'lit-html';
import type { Actions } from '../actions.js';
import type { State } from '../state.js';
import { capitalised, percent } from '../words.js';

const STATUS: Readonly<Record<RegionResult['status'], string>> = {
  described: 'described',
  detected: 'found',
  'not-detected': 'not found',
};

function regionView(
  { name, status, abnormalityScore, box }: RegionResult,
  canAsk: boolean,
  actions: Actions,
) {
  return html`
    <tr>
      <th scope="row">${capitalised(name)}</th>
      <td>${STATUS[status]}</td>
      <td class="number">${box ? percent(abnormalityScore) : ''}</td>
      <td>
        ${
          box
            ? html`<button
                type="button"
                class="link"
                ?disabled=${!canAsk}
                @click=${() => void actions.ask(name, { region: name })}
              >
                Ask<span class="visually-hidden"> about the ${name}</span>
              </button>`
            : nothing
        }
      </td>
    </tr>
  `;
}

/** All 29 regions, with what can be asked of each. */
export function regionsView({ reading }: State, actions: Actions) {
  if (reading.regions.length === 0) return nothing;
  const found = reading.regions.filter(({ box }) => box).length;
  return html`
    <details class="more">
      <summary>All ${reading.regions.length} regions, ${found} found</summary>
      <div class="table-room">
        <table>
          <thead>
            <tr>
              <th scope="col">Region</th>
              <th scope="col">Status</th>
              <th scope="col" class="number">Looks abnormal</th>
              <th scope="col"><span class="visually-hidden">Ask</span></th>
            </tr>
          </thead>
          <tbody>
            ${reading.regions.map((region) => regionView(region, reading.phase === 'read', actions))}
          </tbody>
        </table>
      </div>
    </details>
  `;
}
