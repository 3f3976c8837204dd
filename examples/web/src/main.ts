import '@fontsource-variable/ibm-plex-sans/wght.css';
import '@fontsource-variable/source-serif-4/wght.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/film.css';
import './styles/report.css';
import { render } from 'lit-html';
import { Actions } from './actions.js';
import { findEngines } from './engines.js';
import { acceptFiles } from './files-in.js';
import { filmScale } from './film-scale.js';
import { keepScripts, startOffline } from './offline.js';
import { applyTheme, readSettings } from './settings.js';
import { NO_FILM, Store } from './state.js';
import { appView } from './views/app-view.js';

const settings = readSettings();
applyTheme(settings.theme);

const root = document.querySelector<HTMLElement>('#app')!;
const store: Store = new Store(
  {
    engines: [],
    settings,
    readiness: { is: 'idle' },
    worksOffline: false,
    reading: NO_FILM,
    answers: [],
    followsText: true,
    showsBoxes: true,
    isAsking: false,
    isDragging: false,
  },
  // The first state is drawn while the actions are not there yet.
  (state) => queueMicrotask(() => render(appView(state, actions), root)),
);
const actions = new Actions(store);
acceptFiles(window, actions);
filmScale.onChange = () => actions.change({});

/** Engines first: a remembered one that this browser lost is not waited for. */
async function start(): Promise<void> {
  const isServing = startOffline();
  const engines = await findEngines();
  store.change({ engines });
  const chosen = engines.find(({ name }) => name === settings.engine);
  if (chosen?.missing !== undefined) store.change({ settings: { ...settings, engine: 'onnx-wasm' } });
  await isServing;
  await actions.prepare();
  await keepScripts();
  store.change({ worksOffline: await actions.keepClassifier() });
}

void start();
