import { Button } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { RevokeTokenDocument, type TokenFieldsFragment, TokensDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { useClock } from '../state/clock.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Age, Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import { NewToken } from './new-token.tsx';

/** The tokens of this server. For admins. */
export function TokensPanel({ className }: { readonly className?: string | undefined }) {
  const { data, error, refresh } = useFreshQuery(TokensDocument, {}, ['access']);
  const [making, setMaking] = useState(false);
  const { dialogs, freshness, toasts } = usePage();
  const complain = useComplaint();
  const [, revoke] = useMutation(RevokeTokenDocument);

  function askToRevoke({ id, name }: TokenFieldsFragment): void {
    dialogs.question.set({
      title: `Revoke the token ${name}?`,
      text: 'Anyone using it is signed out within seconds. This cannot be undone, but you can create another token.',
      action: 'Revoke token',
      run: async () => {
        const { error: refused } = await revoke({ id });
        if (refused) complain('Not revoked', refused);
        else toasts.show('success', `Revoked the token ${name}`);
        freshness.mark(['access']);
      },
    });
  }

  return (
    <Panel
      title="Tokens"
      className={className}
      flush
      actions={
        <Button size="compact-sm" variant="default" onClick={() => setMaking(true)}>
          New token…
        </Button>
      }
    >
      {error && !data ? (
        <Failure error={error} retry={refresh} />
      ) : !data ? (
        <Loading lines={3} />
      ) : data.tokens.length === 0 ? (
        <Empty>No tokens yet. Creating one requires everyone to sign in.</Empty>
      ) : (
        <DataTable
          cardsBelow="64em"
          head={
            <>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Created</th>
              <th scope="col">Created by</th>
              <th scope="col">Last used</th>
              <th scope="col">Expires</th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            </>
          }
        >
          {data.tokens.map((token) => (
            <TokenRow key={token.id} token={token} revoke={askToRevoke} />
          ))}
        </DataTable>
      )}
      {making && <NewToken close={() => setMaking(false)} first={data?.tokens.length === 0} />}
    </Panel>
  );
}

function TokenRow({
  token,
  revoke,
}: {
  readonly token: TokenFieldsFragment;
  readonly revoke: (token: TokenFieldsFragment) => void;
}) {
  const { name, role, createdAt, createdBy, lastUsedAt, expiresAt, revokedAt } = token;
  const expired = useClock((now) => expiresAt !== null && Date.parse(expiresAt) <= now);
  const over = revokedAt !== null || expired;
  return (
    <tr className={over ? 'dim' : undefined}>
      <th scope="row" className={cell.first}>
        <Name>{name}</Name>
      </th>
      <td data-label="Role">{role.charAt(0) + role.slice(1).toLowerCase()}</td>
      <td data-label="Created">
        <Moment at={createdAt} />
      </td>
      <td data-label="Created by">
        <Name>{createdBy}</Name>
      </td>
      <td data-label="Last used">{lastUsedAt ? <Age at={lastUsedAt} /> : 'never'}</td>
      <td data-label="Expires">
        {revokedAt ? (
          <>
            revoked <Age at={revokedAt} />
          </>
        ) : expiresAt ? (
          <>
            {expired ? 'expired ' : ''}
            <Moment at={expiresAt} />
          </>
        ) : (
          'never'
        )}
      </td>
      <td className={cell.actions}>
        {!over && (
          <Button size="compact-sm" variant="default" onClick={() => revoke(token)} aria-label={`Revoke ${name}`}>
            Revoke…
          </Button>
        )}
      </td>
    </tr>
  );
}
