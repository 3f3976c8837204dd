import { describe, expect, it } from 'vitest';
import { escapeLatex, formatLatexTable, formatTextTable } from './table.js';

const TABLE = {
  columns: ['score', 'A & B'],
  rows: [
    ['F1', '0.5'],
    ['AUROC', '–'],
  ],
  notes: ['made\nwith care'],
};

describe('a table', () => {
  it('is aligned as text', () => {
    expect(formatTextTable(TABLE)).toBe('score  A & B\nF1       0.5\nAUROC      –\n\nmade with care\n');
  });

  it('is a tabular in LaTeX, with notes that stay comments', () => {
    expect(formatLatexTable(TABLE)).toBe(
      '% made with care\n\\begin{tabular}{lr}\n\\toprule\nscore & A \\& B \\\\\n\\midrule\nF1 & 0.5 \\\\\nAUROC & -- \\\\\n\\bottomrule\n\\end{tabular}\n',
    );
  });

  it('escapes what LaTeX would act on', () => {
    expect(escapeLatex('50 % of a_b {c} \\d ~ ^ $ #')).toBe(
      '50 \\% of a\\_b \\{c\\} \\textbackslash{}d \\textasciitilde{} \\textasciicircum{} \\$ \\#',
    );
  });
});
