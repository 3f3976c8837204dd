import type { Outcome } from './page';

/** The report's picture, text and doubts. */
export function ReportView({ report, overlay }: Outcome) {
  return (
    <article>
      <img src={overlay} alt="The film with the described regions" />
      <section>
        <h2>Report</h2>
        <p id="text">{report.text || 'No region was described.'}</p>
        {report.doubts.length > 0 && (
          <ul aria-label="Doubts">
            {report.doubts.map(({ code, message }) => (
              <li key={code}>{message}</li>
            ))}
          </ul>
        )}
        <p>
          {report.provenance.model.name}, {report.provenance.backend}
        </p>
      </section>
    </article>
  );
}
