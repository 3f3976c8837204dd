import { describe, expect, it } from 'vitest';
import { scoreFilmFindings, statedFindings, statesAbnormality, type LabelledFilm } from './film-findings.js';

const SICK = 'An opacity may represent pneumonia.';
const CLEAR = 'The lung is clear. No pneumonia.';
const film = (isSick: boolean, patient?: string): LabelledFilm => ({
  findings: { Pneumonia: isSick },
  patient,
});
const few = { numResamples: 50 };

describe('findings that a text states', () => {
  it('are the positive and the uncertain ones, not the denied ones', () => {
    expect([...statedFindings('Possible edema. Cardiomegaly. No effusion.')].sort()).toEqual([
      'Cardiomegaly',
      'Edema',
    ]);
  });

  it('are an abnormality, but for devices and the absence of findings', () => {
    expect(statesAbnormality('Possible edema.')).toBe(true);
    expect(statesAbnormality('The lungs are clear. Right PICC line in place.')).toBe(false);
  });
});

describe('texts against what films show', () => {
  // 3 of 4 sick films are called sick, 1 of 2 healthy ones.
  const texts = [SICK, SICK, SICK, CLEAR, SICK, CLEAR];
  const films = [true, true, true, true, false, false].map((isSick) => film(isSick));

  it('have the sensitivity, specificity and F1 of the counts', () => {
    const { findings, anyLungFinding, healthyWithFinding } = scoreFilmFindings(texts, films, few);
    const { Pneumonia } = findings;
    expect(Pneumonia).toMatchObject({ numFilms: 6, numPositive: 4, numStated: 4 });
    expect(Pneumonia!.sensitivity!.estimate).toBe(0.75);
    expect(Pneumonia!.specificity!.estimate).toBe(0.5);
    expect(Pneumonia!.balancedAccuracy!.estimate).toBe(0.625);
    expect(Pneumonia!.f1!.estimate).toBe(0.75);
    expect(Pneumonia!.alwaysStatedF1).toBeCloseTo(8 / 10, 12);
    expect(healthyWithFinding!.estimate).toBe(0.5);
    expect(anyLungFinding).toEqual(Pneumonia);
    expect(Object.keys(findings)).toEqual(['Pneumonia']);
  });

  it('that call every film sick have no specificity, and the F1 of "always"', () => {
    const { anyLungFinding, healthyWithFinding } = scoreFilmFindings(
      films.map(() => SICK),
      films,
      few,
    );
    expect(anyLungFinding!.specificity!.estimate).toBe(0);
    expect(anyLungFinding!.balancedAccuracy!.estimate).toBe(0.5);
    expect(anyLungFinding!.f1!.estimate).toBe(anyLungFinding!.alwaysStatedF1);
    expect(healthyWithFinding!.estimate).toBe(1);
  });

  it('count any finding of the lungs once a film, and no finding of the pleura or the heart', () => {
    const { anyLungFinding } = scoreFilmFindings(
      ['Edema and atelectasis.', 'Pleural effusion. Cardiomegaly.'],
      [{ findings: { Atelectasis: false, Edema: true } }, { findings: { Atelectasis: false } }],
      few,
    );
    expect(anyLungFinding).toMatchObject({ numFilms: 2, numPositive: 1, numStated: 1 });
  });

  it('score a finding on the films of which it is known, and alarms on films that show nothing', () => {
    const scores = scoreFilmFindings(
      [SICK, SICK, 'Effusion.', 'Left PICC line in place.'],
      [
        { findings: { Pneumonia: true } },
        { findings: { 'Pleural Effusion': true } },
        { findings: { Pneumonia: false, 'No Finding': true } },
        { findings: { 'No Finding': true, 'Support Devices': true } },
      ],
      few,
    );
    expect(scores.findings.Pneumonia).toMatchObject({ numFilms: 2, numPositive: 1, numStated: 1 });
    expect(scores.findings['Pleural Effusion']).toMatchObject({ numFilms: 1, numPositive: 1, numStated: 0 });
    expect(scores.healthyWithFinding!.estimate).toBe(0.5);
  });

  it('leave out scores that the films do not define', () => {
    const { anyLungFinding, healthyWithFinding } = scoreFilmFindings([SICK], [film(true)], few);
    expect(anyLungFinding!.specificity).toBeUndefined();
    expect(anyLungFinding!.sensitivity!.estimate).toBe(1);
    expect(healthyWithFinding).toBeUndefined();
    const effusion = scoreFilmFindings(['Effusion.'], [{ findings: { 'Pleural Effusion': true } }], few);
    expect(effusion.anyLungFinding).toBeUndefined();
  });

  it('draw the films of a patient together', () => {
    const [right, wrong] = [
      [SICK, SICK, SICK],
      [CLEAR, CLEAR, CLEAR],
    ];
    const of = (patients: readonly (string | undefined)[]) =>
      scoreFilmFindings(
        [...right!, ...wrong!],
        patients.map((patient) => film(true, patient)),
      ).anyLungFinding!.sensitivity!;
    const alone = of([undefined, undefined, undefined, undefined, undefined, undefined]);
    const together = of(['a', 'a', 'a', 'b', 'b', 'b']);
    expect(together.estimate).toBe(alone.estimate);
    expect([together.low, together.high]).toEqual([0, 1]);
    expect(alone.high).toBeLessThan(1);
  });

  it('are refused without a film, in lists of two lengths, and where nothing is known', () => {
    expect(() => scoreFilmFindings([], [])).toThrow('got 0 texts and 0 films');
    expect(() => scoreFilmFindings([SICK], [])).toThrow('got 1 texts and 0 films');
    expect(() => scoreFilmFindings([SICK], [{ findings: {} }])).toThrow('expected a finding such as');
  });
});
