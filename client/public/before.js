// Before the first paint: the color scheme that was chosen in this browser, else the system's. Mantine reads the same key later.
try {
  const chosen = localStorage.getItem('mantine-color-scheme-value');
  const dark = chosen === 'dark' || (chosen !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
} catch {
  // Storage may be forbidden; the style sheet's default is fine then.
}

// And while the dashboard's code is on its way: where the event log ends. What is asked for after that is not older (api/position.ts).
try {
  const token = sessionStorage.getItem('memoir.token') ?? localStorage.getItem('memoir.token');
  if (sessionStorage.getItem('memoir.activity') === null)
    window.memoirPosition = fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
      body: '{"query":"{ service { eventCursor } }"}',
    }).then(
      (response) => response.json(),
      () => null,
    );
} catch {
  // Then it is asked for later.
}
