import { useMutation } from 'urql';
import { CreateDownloadDocument, type DownloadForm } from '../api/generated/graphql.ts';
import { useComplaint } from '../state/complain.ts';

export interface Download {
  readonly busy: boolean;
  start(id: string, form: DownloadForm): Promise<void>;
}

/**
 * Hands a dump's bytes to the browser's own downloads, which can pause, go on and show how far they are. A link carries no
 * token, so the server makes one that is good for this dump and for some minutes.
 */
export function useDownload(): Download {
  const [{ fetching }, create] = useMutation(CreateDownloadDocument);
  const complain = useComplaint();
  return {
    busy: fetching,
    async start(id, form) {
      const { data, error } = await create({ id, form });
      if (data) {
        const link = document.createElement('a');
        link.href = data.createDownload.download.url;
        link.download = '';
        link.click();
      } else if (error) complain('Not downloaded', error);
    },
  };
}
