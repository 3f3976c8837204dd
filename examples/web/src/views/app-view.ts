import { html, nothing } from 'lit-html';
import type { Actions } from '../actions.js';
import type { State } from '../state.js';
import { emptyView } from './empty-view.js';
import { headerView } from './header-view.js';
import { readingView } from './reading-view.js';
import { settingsView } from './settings-view.js';
import { announcement } from './announcement.js';

/** The whole page. */
export function appView(state: State, actions: Actions) {
  return html`
    <a class="skip" href="#main">Skip to the film</a>
    ${headerView(state, actions)}
    <main id="main" tabindex="-1">
      ${state.reading.phase === 'empty' ? emptyView(state, actions) : readingView(state, actions)}
    </main>
    <footer class="footer">
      <p>
        <strong>Research software, not a medical device.</strong> Not for diagnosis or treatment; every output
        needs a radiologist.
      </p>
      <p>Films stay on this device: this page has no server that could take them.</p>
    </footer>
    ${settingsView(state, actions)}
    <p class="visually-hidden" role="status" aria-live="polite">${announcement(state)}</p>
    ${state.isDragging ? html`<div class="drop-veil" aria-hidden="true"><p>Let go to read this film</p></div>` : nothing}
  `;
}
