/** 24 failed exposures that have no scene graph; the list of RGRG (Tanida et al., MIT licence), docs/reference/datasets.md#rrg-tables. */
const IGNORED_IMAGES: ReadonlySet<string> = new Set([
  '0518c887-b80608ca-830de2d5-89acf0e2-bd3ec900',
  '03b2e67c-70631ff8-685825fb-6c989456-621ca64d',
  '786d69d0-08d16a2c-dd260165-682e66e9-acf7e942',
  '1d0bafd0-72c92e4c-addb1c57-40008638-b9ec8584',
  'f55a5fe2-395fc452-4e6b63d9-3341534a-ebb882d5',
  '14a5423b-9989fc33-123ce6f1-4cc7ca9a-9a3d2179',
  '9c42d877-dfa63a03-a1f2eb8c-127c60c3-b20b7e01',
  '996fb121-fab58dd2-7521fd7e-f9f3133c-bc202556',
  '56b8afd3-5f6d4419-8699d79e-6913a2bd-35a08557',
  '93020995-6b84ca33-2e41e00d-5d6e3bee-87cfe5c6',
  'f57b4a53-5fecd631-2fe14e8a-f4780ee0-b8471007',
  'd496943d-153ec9a5-c6dfe4c0-4fb9e57f-675596eb',
  '46b02f13-69fb7e49-321880e4-80584065-c1f57b50m',
  '422689b1-40e06ae8-d6151ff3-2780c186-6bd67271',
  '8385a8ad-ad5e02a8-8e1fa7f3-d822c648-2a41a205',
  'e180a7b6-684946d6-fe1782de-45ed1033-1a6f8a51',
  'f5f82c2f-e99a7a06-6ecc9991-072adb2f-497dae52',
  '6d54a492-7aade003-a238dc5c-019ccdd2-05661649',
  '2b5edbbf-116df0e3-d0fea755-fabd7b85-cbb19d84',
  'db9511e3-ee0359ab-489c3556-4a9b2277-c0bf0369',
  '87495016-a6efd89e-a3697ec7-89a81d53-627a2e13',
  '810a8e3b-2cf85e71-7ed0b3d3-531b6b68-24a5ca89',
  'a9f0620b-6e256cbd-a7f66357-2fe78c8a-49caac26',
  '46b02f13-69fb7e49-321880e4-80584065-c1f57b50',
]);

/** Whether an image is on the reference's list of failed exposures. */
export const isIgnoredImage = (image: string): boolean => IGNORED_IMAGES.has(image);
