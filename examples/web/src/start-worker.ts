const scripts = new Map<string, string>();

/**
 * Starts a module worker that is bound to the policy of this page. A worker that is started from its address has the policy that the host
 * sends with the script, and most hosts send none.
 */
export function startWorker(address: string): Worker {
  const { href } = new URL(address, document.baseURI);
  const script =
    scripts.get(href) ??
    URL.createObjectURL(new Blob([`import ${JSON.stringify(href)};`], { type: 'text/javascript' }));
  scripts.set(href, script);
  return new Worker(script, { type: 'module' });
}
