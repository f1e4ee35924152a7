import { Button } from '@mantine/core';
import { useMutation } from 'urql';
import { ReindexDocument, type ServiceFieldsFragment } from '../api/generated/graphql.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatCount } from '../format/count.ts';
import { plainText } from '../format/plain-text.ts';
import { sentence } from '../format/sentence.ts';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './shell.module.css';

type Service = Pick<ServiceFieldsFragment, 'databaseDamage' | 'reindexAdvised' | 'unwantedArtifacts'>;

/** When the database is damaged, or was lost beside its artifacts: what to do about it. */
export function DatabaseBanner({ service }: { readonly service: Service }) {
  return (
    <>
      {service.databaseDamage !== null && (
        <p className={styles.banner} data-tone="bad" role="alert">
          <Icon name="warning" />
          <span>
            <strong>The database is damaged.</strong> {sentence(plainText(service.databaseDamage))} Stop the server,
            move the database file away, start again, and rebuild the catalogue from the manifests: memoir reindex.
          </span>
        </p>
      )}
      {service.reindexAdvised && <ReindexBanner unwanted={service.unwantedArtifacts} />}
    </>
  );
}

function ReindexBanner({ unwanted }: { readonly unwanted: Service['unwantedArtifacts'] }) {
  const reindex = useReindex();
  const found =
    unwanted !== null && unwanted.count > 0
      ? `${countOfArtifacts(unwanted.count)} (${formatBytes(unwanted.sizeBytes)})`
      : 'artifacts';
  return (
    <p className={styles.banner} data-tone="warn" role="status">
      <Icon name="warning" />
      <span>
        <strong>The catalogue is empty, but the dump folder has {found}.</strong> The database was lost or is new. A
        reindex reads their manifests and lists them again.
      </span>
      <Button
        size="compact-sm"
        variant="default"
        loading={reindex.busy}
        disabled={reindex.refused !== null}
        title={reindex.refused ?? undefined}
        onClick={reindex.run}
      >
        Reindex
      </Button>
    </p>
  );
}

export const countOfArtifacts = (count: number): string =>
  count === 1 ? '1 artifact' : `${formatCount(count)} artifacts`;

/** Starts a reindex, where the role allows it. */
export function useReindex() {
  const { toasts } = usePage();
  const complain = useComplaint();
  const [{ fetching }, reindex] = useMutation(ReindexDocument);
  return {
    busy: fetching,
    refused: useGuard()('reindex'),
    async run(): Promise<void> {
      const { error } = await reindex({});
      if (error) complain('Not reindexed', error);
      else toasts.show('success', 'Reindexing: reading the manifests beside the artifacts');
    },
  };
}
