import { ENGINE_NAMES, type EngineName } from './engines.js';

/** Light, dark, or as the device has it. */
export type Theme = 'auto' | 'light' | 'dark';

/** What is remembered in this browser. */
export interface Settings {
  readonly engine: EngineName;
  readonly theme: Theme;
  /** Address of the folder of a report model's bundle on this server; empty for the demonstration weights. */
  readonly model: string;
  /** The same of a classifier. */
  readonly classifier: string;
}

const KEY = 'crrg-web-settings';
const DEFAULTS: Settings = { engine: 'onnx-wasm', theme: 'auto', model: '', classifier: '' };
const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** What was chosen before; the defaults where nothing was, or storage is closed. */
export function readSettings(): Settings {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, unknown>;
    return {
      engine: ENGINE_NAMES.find((name) => name === kept.engine) ?? DEFAULTS.engine,
      theme: THEMES.find((name) => name === kept.theme) ?? DEFAULTS.theme,
      model: textOf(kept.model),
      classifier: textOf(kept.classifier),
    };
  } catch {
    return DEFAULTS;
  }
}

export function writeSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Storage is closed, as in some private windows: the choice holds until the page is left.
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
