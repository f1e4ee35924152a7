import { SessionDocument } from '../api/generated/graphql.ts';
import { readToken } from '../api/token.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { plainText } from '../format/plain-text.ts';
import { Failure, Loading } from '../ui/answer-states.tsx';
import { Facts } from '../ui/facts.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './settings.module.css';
import { TokenForm } from './token-form.tsx';

const roles = {
  VIEWER: 'Viewer: sees everything, changes nothing',
  OPERATOR: 'Operator: triggers, cancels and verifies dumps',
  ADMIN: 'Admin: may do everything',
};

/** Who this browser is to the server, and the way to be somebody else. */
export function AccessPanel() {
  const { data, error, refresh } = useFreshQuery(SessionDocument, {}, ['access']);
  const session = data?.session;
  return (
    <Panel title="Access">
      {error && !session ? (
        <Failure error={error} retry={refresh} />
      ) : !session ? (
        <Loading lines={3} />
      ) : (
        <div className={styles.access}>
          <Facts
            facts={[
              ['You are', plainText(session.name)],
              ['Role', roles[session.role]],
              [
                'Tokens',
                session.tokenRequired
                  ? 'This server asks everybody for one.'
                  : 'None is needed: whoever reaches this address may do everything. It is this computer’s own.',
              ],
            ]}
          />
          {(session.tokenRequired || readToken() !== null) && <TokenForm />}
        </div>
      )}
    </Panel>
  );
}
