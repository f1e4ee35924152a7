import { useEffect, useState } from 'react';
import { authorization } from './token.ts';

const artifactPath = (id: string): string => `/api/artifacts/${encodeURIComponent(id)}`;

export interface Download {
  /** Whether this server has a door for downloads, and the file is behind it. */
  readonly offered: boolean;
  start(): void;
}

/** The way to an artifact's bytes. It is asked for first (HEAD), so that no button is shown that leads nowhere. */
export function useDownload(id: string | null): Download {
  const [offered, setOffered] = useState(false);
  useEffect(() => {
    if (id === null) return;
    const controller = new AbortController();
    fetch(artifactPath(id), { method: 'HEAD', headers: authorization(), signal: controller.signal })
      .then(({ ok, status }) => setOffered(ok || status === 403))
      .catch(() => {});
    return () => controller.abort();
  }, [id]);
  return {
    offered,
    start() {
      const link = document.createElement('a');
      link.href = artifactPath(id ?? '');
      link.download = '';
      link.click();
    },
  };
}
