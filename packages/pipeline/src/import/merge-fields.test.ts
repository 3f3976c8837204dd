import { describe, expect, it } from 'vitest';
import { mergeFields, notGiven } from './merge-fields.js';

describe('fields over fields', () => {
  it('replace values and lists, and are merged where both are objects', () => {
    const merged = mergeFields({ a: { x: 1, y: [1, 2] }, b: 1 }, { a: { y: [3] }, b: { z: 2 }, c: null });
    expect(merged).toEqual({ a: { x: 1, y: [3] }, b: { z: 2 }, c: null });
    expect(mergeFields({ a: 1 }, undefined)).toEqual({ a: 1 });
    expect(mergeFields({ a: 1 }, [2])).toEqual({ a: 1 });
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'keep "%s" as a field that a check can refuse',
    (name) => {
      const merged = mergeFields({ a: 1 }, JSON.parse(`{"${name}": {"b": 2}}`));
      expect(Object.keys(merged)).toEqual(['a', name]);
      expect(merged['b']).toBeUndefined();
    },
  );

  it('name those that are not given', () => {
    const given = { rclip: { probe: { labels: ['A'] }, textEncoder: null } };
    expect(notGiven(given, 'rclip.probe.labels', 'rclip.probe.thresholds', 'detector.imageSize')).toEqual([
      'config.rclip.probe.thresholds',
      'config.detector.imageSize',
    ]);
    expect(notGiven({}, 'constructor.name', 'toString')).toEqual([
      'config.constructor.name',
      'config.toString',
    ]);
  });
});
