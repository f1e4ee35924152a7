import type { Page } from 'playwright-core';

/** A screen or dialog of the dashboard, and how one gets there from the overview. */
export interface Stop {
  readonly name: string;
  readonly go: (page: Page) => Promise<unknown>;
}

/** Another screen is there when its heading is: until then the one before it stays, and what is waited for may be on that. */
const visit = (link: string) => async (page: Page) => {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: link, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: link, exact: true }).waitFor();
};

/** To another screen of the same group, by its tab. */
const tab = (link: string) => async (page: Page) => {
  await page.getByRole('navigation', { name: 'Automation' }).getByRole('link', { name: link }).click();
  await page.getByRole('heading', { level: 1, name: link }).waitFor();
};

const closeDialog = async (page: Page) => {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
};

/** To the end of the overview, as it grows: the charts there are drawn when one comes near them. */
export async function goToCharts(page: Page): Promise<void> {
  const last = page.getByText('Average duration').first();
  while (!(await last.isVisible())) {
    await page.keyboard.press('End');
    await page.waitForTimeout(100);
  }
}

/** All screens and dialogs, in an order in which each can be reached from the one before it. */
export const stops: readonly Stop[] = [
  {
    name: 'overview',
    go: async (page) => {
      await goToCharts(page);
      await page.keyboard.press('Home');
    },
  },
  {
    name: 'plan',
    go: async (page) => {
      await page.getByRole('button', { name: 'Dump all…' }).click();
      await page.getByRole('dialog', { name: 'Dump machines' }).getByRole('checkbox').first().waitFor();
    },
  },
  {
    name: 'question',
    go: async (page) => {
      await closeDialog(page);
      await page
        .getByRole('button', { name: /^Cancel the dump of/ })
        .first()
        .click();
      await page.getByRole('dialog', { name: /^Cancel the dump of/ }).waitFor();
    },
  },
  {
    name: 'dumps',
    go: async (page) => {
      await closeDialog(page);
      await visit('Dumps')(page);
      await page.getByRole('rowheader').first().waitFor();
      await page.getByRole('button', { name: 'Export CSV', disabled: false }).waitFor();
    },
  },
  {
    name: 'details',
    go: async (page) => {
      await page
        .getByRole('link', { name: /^Details of the dump of/ })
        .first()
        .click();
      await page
        .getByRole('dialog', { name: /^Dump of/ })
        .getByText('SHA-256')
        .waitFor();
    },
  },
  {
    name: 'machines',
    go: async (page) => {
      await closeDialog(page);
      await visit('Machines')(page);
      await page.getByRole('rowheader').first().waitFor();
    },
  },
  {
    name: 'machine',
    go: async (page) => {
      await page.getByRole('rowheader').getByRole('link', { name: 'web-01' }).click();
      await page.getByRole('heading', { name: 'Dumps of this machine' }).waitFor();
      await page.getByText('on the host').first().waitFor();
      await page.getByText('Average duration').first().waitFor();
    },
  },
  {
    name: 'machine table',
    go: async (page) => {
      await page.getByRole('radiogroup', { name: 'View of usage' }).getByText('Table').click();
      await page.getByRole('region', { name: 'Usage as a table' }).getByRole('row').nth(50).waitFor();
    },
  },
  {
    name: 'volumes',
    go: async (page) => {
      await visit('Volumes')(page);
      await page.getByRole('rowheader').first().waitFor();
      await page.getByRole('region', { name: 'Differences' }).getByText('Problems').waitFor();
    },
  },
  {
    name: 'new volume',
    go: async (page) => {
      await page.getByRole('button', { name: 'New volume…' }).click();
      await page.getByRole('dialog', { name: 'New volume' }).waitFor();
    },
  },
  {
    name: 'volume',
    go: async (page) => {
      await closeDialog(page);
      await page.getByRole('rowheader').getByRole('link', { name: 'data-2' }).click();
      await page.getByRole('dialog').getByRole('heading', { name: 'History' }).waitFor();
    },
  },
  {
    name: 'detach question',
    go: async (page) => {
      await closeDialog(page);
      await page.getByRole('button', { name: 'Detach data-3' }).click();
      await page.getByRole('dialog', { name: /^Detach data-3/ }).waitFor();
    },
  },
  {
    name: 'schedules',
    go: async (page) => {
      await closeDialog(page);
      await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Automation' }).click();
      await page.getByRole('heading', { level: 1, name: 'Schedules' }).waitFor();
      await page.getByRole('rowheader', { name: 'nightly' }).waitFor();
    },
  },
  {
    name: 'schedule',
    go: async (page) => {
      await page.getByRole('button', { name: 'Details of nightly' }).click();
      await page
        .getByRole('dialog')
        .getByRole('region', { name: 'Last runs' })
        .getByText('The machine is off')
        .waitFor();
    },
  },
  {
    name: 'new schedule',
    go: async (page) => {
      await closeDialog(page);
      await page.getByRole('button', { name: 'New schedule…' }).click();
      await page
        .getByRole('dialog')
        .getByRole('region', { name: 'Next due times' })
        .getByRole('listitem')
        .first()
        .waitFor();
    },
  },
  {
    name: 'retention',
    go: async (page) => {
      await closeDialog(page);
      await tab('Retention')(page);
      await page.getByRole('region', { name: 'Preview' }).getByRole('rowheader').first().waitFor();
      await page.getByRole('region', { name: 'Holds' }).getByText('Evidence of incident 42').waitFor();
    },
  },
  {
    name: 'new policy',
    go: async (page) => {
      await page.getByRole('button', { name: 'New policy…' }).click();
      await page
        .getByRole('dialog')
        .getByText(/would go/)
        .waitFor();
    },
  },
  {
    name: 'notifications',
    go: async (page) => {
      await closeDialog(page);
      await tab('Notifications')(page);
      await page.getByRole('region', { name: 'Delivery log' }).getByRole('rowheader').nth(2).waitFor();
    },
  },
  {
    name: 'new notification',
    go: async (page) => {
      await page.getByRole('button', { name: 'New notification…' }).click();
      await page.getByRole('dialog', { name: 'New notification' }).waitFor();
    },
  },
  {
    name: 'operations',
    go: async (page) => {
      await closeDialog(page);
      await visit('Operations')(page);
      await page.getByRole('rowheader').first().waitFor();
    },
  },
  {
    name: 'operation',
    go: async (page) => {
      await page.getByRole('rowheader').getByRole('link').first().click();
      await page.getByRole('dialog').getByRole('list', { name: 'Transitions' }).waitFor();
    },
  },
  {
    name: 'settings',
    go: async (page) => {
      await closeDialog(page);
      await visit('Settings')(page);
      await page.getByRole('heading', { name: 'Storage' }).waitFor();
      await page.getByRole('region', { name: 'Doctor' }).getByText('sysctl -w').waitFor();
    },
  },
  {
    name: 'new token',
    go: async (page) => {
      await page.getByRole('button', { name: 'New token…' }).click();
      await page.getByRole('dialog', { name: 'New token' }).waitFor();
    },
  },
];
