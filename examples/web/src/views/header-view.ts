import { html } from 'lit-html';
import type { Actions } from '../actions.js';
import type { Theme } from '../settings.js';
import type { State } from '../state.js';
import { percent } from '../words.js';
import { halfIcon, moonIcon, slidersIcon, sunIcon } from './icons.js';
import { openSettings } from './settings-view.js';

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const THEME = {
  auto: { icon: halfIcon, name: 'as the device' },
  light: { icon: sunIcon, name: 'light' },
  dark: { icon: moonIcon, name: 'dark' },
};

function engineStatus({ engines, settings, readiness }: State): string {
  const title = engines.find(({ name }) => name === settings.engine)?.title ?? 'Engine';
  switch (readiness.is) {
    case 'idle':
      return `${title}, starting`;
    case 'loading':
      return `${title}, ${percent(readiness.loaded / Math.max(1, readiness.total))} loaded`;
    case 'ready':
      return `${title}, ready`;
    case 'failed':
      return `${title} failed`;
  }
}

export function headerView(state: State, actions: Actions) {
  const { theme } = state.settings;
  return html`
    <header class="header">
      <h1 class="wordmark">
        <a href="./" @click=${goHome(actions)}>CRRG</a> <span>chest radiograph reports</span>
      </h1>
      <p class="notice">Research software, not a medical device</p>
      <div class="header-tools">
        <button class="quiet" type="button" aria-haspopup="dialog" @click=${openSettings}>
          ${slidersIcon}<span class="visually-hidden">Engine and weights: </span
          ><span class="engine-status" data-is=${state.readiness.is}>${engineStatus(state)}</span>
        </button>
        <button
          class="quiet square"
          type="button"
          title="Colours: ${THEME[theme].name}"
          aria-label="Colours: ${THEME[theme].name}. Change"
          @click=${() => actions.changeSettings({ theme: NEXT_THEME[theme] })}
        >
          ${THEME[theme].icon}
        </button>
      </div>
    </header>
  `;
}

const goHome = (actions: Actions) => (event: Event) => {
  event.preventDefault();
  actions.clear();
};
