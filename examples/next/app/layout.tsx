import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import './page.css';

export const metadata: Metadata = {
  title: 'Report on a chest radiograph',
  description:
    'Region-grounded reports, on the server or on this device. Research software, not a medical device.',
};

export default function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
