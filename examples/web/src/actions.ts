import { CrrgError, type AnatomicalRegion, type ProgressEvent } from '@crrg/core';
import {
  clearModelCache,
  type ClassifiedReport,
  type RegionPrompt,
  type ReportEvent,
} from '@crrg/pipeline/browser';
import { openFilm } from './film.js';
import { problemOf } from './problem.js';
import { Reader } from './reader.js';
import { applyTheme, writeSettings, type Settings } from './settings.js';
import { NO_FILM, type Answer, type Store } from './state.js';
import { SAMPLE, fetchSample } from './sample.js';

/** What a person can do on the page. */
export class Actions {
  readonly #reader = new Reader((event) => this.#hear(event));
  readonly #loaded = new Map<string, { loaded: number; total: number }>();
  #work = new AbortController();
  #lastFile?: File;

  constructor(private readonly store: Store) {}

  /** Loads weights and engine ahead of the first film. */
  async prepare(): Promise<void> {
    try {
      await this.#reader.open(this.store.state.settings);
      this.store.change({ readiness: { is: 'ready' } });
    } catch (error) {
      this.#reader.close();
      this.store.change({ readiness: { is: 'failed', problem: problemOf(error) } });
    }
  }

  /** Whether the classifier is kept too, which the first film asks for. */
  keepClassifier(): Promise<boolean> {
    return this.#reader.keepClassifier(this.store.state.settings).then(
      () => true,
      () => false,
    );
  }

  /** Removes the weights that this browser keeps. */
  async forgetWeights(): Promise<void> {
    await clearModelCache();
    this.store.change({ worksOffline: false });
  }

  openFile(file: File | undefined): void {
    if (file) void this.#read(file.name, () => Promise.resolve(file));
  }

  openSample(): void {
    void this.#read(SAMPLE.name, fetchSample);
  }

  readAgain(): void {
    this.openFile(this.#lastFile);
  }

  stop(): void {
    this.#work.abort();
  }

  clear(): void {
    this.stop();
    this.#work = new AbortController();
    this.store.change({ reading: NO_FILM, ...NOTHING_CHOSEN });
  }

  select(region: AnatomicalRegion | undefined): void {
    this.store.change({ selected: region, followsText: false });
  }

  /** Says what the model sees in a region or box. */
  async ask(place: string, prompt: RegionPrompt): Promise<void> {
    const { reading, settings } = this.store.state;
    if (!reading.film) return;
    this.store.change({ isAsking: false });
    this.#answer({ place });
    try {
      const description = await this.#reader.describe(reading.film, prompt, settings);
      this.#answer({ place, description });
    } catch (error) {
      this.#answer({ place, problem: problemOf(error) });
    }
  }

  /** Another engine or other weights: what was loaded is released. */
  changeSettings(part: Partial<Settings>): void {
    const settings = { ...this.store.state.settings, ...part };
    writeSettings(settings);
    applyTheme(settings.theme);
    this.store.change({ settings });
    if (Object.keys(part).every((field) => field === 'theme')) return;
    this.stop();
    this.#restart();
  }

  change = (part: Parameters<Store['change']>[0]) => this.store.change(part);

  /** Releases what was loaded, and loads anew. */
  #restart(): void {
    this.#reader.close();
    this.#loaded.clear();
    this.store.change({ readiness: { is: 'idle' } });
    void this.prepare();
  }

  async #read(fileName: string, load: () => Promise<File>): Promise<void> {
    this.#work.abort();
    const work = (this.#work = new AbortController());
    const { signal } = work;
    const isCurrent = () => this.#work === work;
    this.store.change({ reading: { ...NO_FILM, phase: 'opening', fileName }, ...NOTHING_CHOSEN });
    try {
      const file = await load();
      this.#lastFile = file;
      const film = await openFilm(file, signal);
      this.store.changeReading({ film, doubts: film.radiograph.doubts, phase: 'reading' });
      const events = this.#reader.read(film, this.store.state.settings, signal);
      for await (const event of events) if (isCurrent()) this.#tell(event);
    } catch (error) {
      if (!isCurrent()) return;
      if (signal.aborted) this.store.changeReading({ phase: 'stopped' });
      else this.store.changeReading({ phase: 'refused', problem: problemOf(error) });
      if (CrrgError.isInstance(error) && error.code === 'BACKEND') this.#restart();
    }
  }

  #tell(event: ReportEvent<ClassifiedReport>): void {
    const { reading, followsText } = this.store.state;
    switch (event.type) {
      case 'regions':
        return this.store.changeReading({ regions: event.regions, doubts: event.doubts });
      case 'sentence':
        if (followsText) this.store.change({ selected: event.finding.region });
        return this.store.changeReading({ findings: [...reading.findings, event.finding] });
      case 'report': {
        const { regions, findings, doubts, classification } = event.report;
        if (followsText) this.store.change({ selected: undefined });
        return this.store.changeReading({
          phase: 'read',
          report: event.report,
          regions,
          findings,
          doubts,
          classification,
        });
      }
    }
  }

  #hear(event: ProgressEvent): void {
    if (event.type === 'stage-start') this.store.changeReading({ stage: event.stage });
    if (event.type !== 'weights-progress') return;
    const { file, loaded, total = loaded } = event;
    this.#loaded.set(file, { loaded, total });
    const sum = { loaded: 0, total: 0 };
    for (const part of this.#loaded.values()) {
      sum.loaded += part.loaded;
      sum.total += part.total;
    }
    if (this.store.state.readiness.is !== 'ready')
      this.store.change({ readiness: { is: 'loading', ...sum } });
  }

  #answer(answer: Answer): void {
    const others = this.store.state.answers.filter(({ place }) => place !== answer.place);
    this.store.change({ answers: [answer, ...others] });
  }
}

const NOTHING_CHOSEN = {
  answers: [],
  selected: undefined,
  followsText: true,
  heatMapOf: undefined,
  isAsking: false,
} as const;
