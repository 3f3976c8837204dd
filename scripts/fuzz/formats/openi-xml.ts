import { openiSections, parseOpeniReport } from '@crrg/datasets';
import { splice, utf8 } from '../bytes.js';
import { mutatingCases, pick, type FuzzFormat, type Mutator } from '../format.js';
import { BYTE_MUTATORS, place } from '../mutate-bytes.js';
import { TEXT_MUTATORS } from '../mutate-text.js';
import { TEXT_LIMITS } from '../read-score-files.js';

const REPORT = `<?xml version="1.0" encoding="utf-8"?>
<eCitation>
<meta type="rr"/><uId id="CXR1"/><pmcId id="1"/>
<MedlineCitation Owner="Indiana University" Status="supplied by publisher"><Article><Abstract>
<AbstractText Label="COMPARISON">None.</AbstractText><AbstractText Label="INDICATION"/>
<AbstractText Label="FINDINGS">The heart is normal &amp; clear &lt; 1 cm.</AbstractText>
<AbstractText Label="IMPRESSION"><![CDATA[Normal chest.]]></AbstractText>
</Abstract></Article></MedlineCitation>
<parentImage id="CXR1_1_IM-0001-3001"><figureId>F1</figureId></parentImage>
<parentImage id="CXR1_1_IM-0001-4001"/>
</eCitation>`;

/** Pieces that an XML reader may stumble over. */
const PIECES = [
  ...[
    '<',
    '>',
    '</',
    '/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '&',
    ';',
    '&#0;',
    '&#x110000;',
    '&x;',
  ],
  ...[
    '<!DOCTYPE a [<!ENTITY x "x"><!ENTITY y "&x;&x;">]>',
    '<a>'.repeat(50),
    'id=""',
    'Label="FINDINGS"',
    'xmlns:a="b"',
  ],
  ...['</eCitation>', '<eCitation>', '<uId id="CXR2"/>', '<AbstractText Label="FINDINGS">x</AbstractText>'],
];

const insertPiece: Mutator = (file, random) =>
  splice(file, place(file, random), random.integer(4), utf8(pick(PIECES, random)));

/** Reports of Open-i. */
export const format: FuzzFormat = {
  limits: TEXT_LIMITS,
  makeCase: mutatingCases(
    () => Promise.resolve([utf8(REPORT)]),
    [insertPiece, ...TEXT_MUTATORS],
    BYTE_MUTATORS,
  ),
  read: async (bytes) => {
    openiSections(parseOpeniReport(new TextDecoder().decode(bytes), 'case.xml'));
  },
};
