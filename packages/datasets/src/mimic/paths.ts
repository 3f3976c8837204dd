/** Path of a study's report below the root of MIMIC-CXR; docs/reference/datasets.md#mimic-cxr. @param subject without the `p` @param study without the `s` */
export const reportPath = (subject: string, study: string): string =>
  `files/${shortReportPath(subject, study)}`;

/** The same below `files`. */
export const shortReportPath = (subject: string, study: string): string =>
  `p${subject.slice(0, 2)}/p${subject}/s${study}.txt`;

/** Path of a picture below the root of MIMIC-CXR-JPG. */
export const picturePath = (subject: string, study: string, image: string): string =>
  `files/p${subject.slice(0, 2)}/p${subject}/s${study}/${image}.jpg`;
