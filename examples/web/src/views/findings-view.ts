import type { AnatomicalRegion } from '@crrg/core';
import { markOf, type Finding, type RegionResult } from '@crrg/pipeline';
import { html, nothing } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Actions } from '../actions.js';
import { markedRegions } from '../marks.js';
import type { State } from '../state.js';
import { capitalised, percent } from '../words.js';

const STEPS: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowDown: (at, last) => Math.min(last, at + 1),
  ArrowUp: (at) => Math.max(0, at - 1),
  Home: () => 0,
  End: (_, last) => last,
};

/** Arrow keys move through the findings, as in a list box. */
function walk(event: KeyboardEvent, actions: Actions): void {
  if (event.key === 'Escape') return actions.select(undefined);
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const list = event.currentTarget as HTMLElement;
  const buttons = [...list.querySelectorAll<HTMLButtonElement>('button')];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  buttons[step(at, buttons.length - 1)]?.focus();
}

function findingView(region: RegionResult, index: number, state: State, actions: Actions) {
  const { reading, selected } = state;
  const finding: Finding | undefined = reading.findings.find((each) => each.region === region.name);
  const { colour } = markOf(index);
  const isSelected = selected === region.name;
  // One stop for the tab key, at the chosen finding or the first.
  const isStop = isSelected || (index === 0 && !markedRegions(reading).some(({ name }) => name === selected));
  const choose = (name: AnatomicalRegion) => () => actions.select(name);
  return html`
    <li class="finding" ?data-selected=${isSelected} ?data-pending=${!finding}>
      <button
        type="button"
        aria-pressed=${isSelected}
        tabindex=${isStop ? 0 : -1}
        @click=${choose(region.name)}
        @focus=${choose(region.name)}
        @mouseenter=${choose(region.name)}
      >
        <svg class="chip" viewBox="0 0 28 28" aria-hidden="true">
          <rect width="28" height="28" rx="5" fill=${colour} />
          <text x="14" y="19.5" text-anchor="middle">${index + 1}</text>
        </svg>
        <span class="finding-region">${capitalised(region.name)}</span>
        <span class="finding-sentence">${finding ? finding.sentence : 'Writing'}</span>
        <span class="finding-score">Looks abnormal: ${percent(region.abnormalityScore)}</span>
      </button>
    </li>
  `;
}

/** The sentences, each with the number of its box. */
export function findingsView(state: State, actions: Actions) {
  const { reading } = state;
  const regions = markedRegions(reading);
  if (regions.length === 0)
    return reading.phase === 'read'
      ? html`<p class="nothing-described">
          The model describes no region of this film. That is a valid report, and not an all-clear.
        </p>`
      : nothing;
  return html`
    <section aria-labelledby="findings-title">
      <h3 id="findings-title">Findings <span class="hint for-keys">arrow keys move through them</span></h3>
      <ol class="findings" @keydown=${(event: KeyboardEvent) => walk(event, actions)}>
        ${repeat(
          regions,
          ({ name }) => name,
          (region, index) => findingView(region, index, state, actions),
        )}
      </ol>
    </section>
  `;
}
