// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mayNotify, notify } from '../../client/state/notify.ts';

const shown: string[] = [];
let hidden = true;

/** The browser's notifications, as far as they are used. */
class FakeNotification {
  static permission = 'granted';
  static requestPermission = async () => FakeNotification.permission;
  onclick = () => {};
  constructor(_: string, { body }: { readonly body: string }) {
    shown.push(body);
  }
  close() {}
}

beforeEach(() => {
  shown.length = 0;
  hidden = true;
  FakeNotification.permission = 'granted';
  vi.stubGlobal('Notification', FakeNotification);
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
});
afterEach(() => vi.unstubAllGlobals());

describe('a notification of the browser', () => {
  it('says what ended while nobody looks, and not what began', () => {
    notify('info', 'Dump of web-01 queued');
    notify('success', 'Dump of web-01 completed');
    notify('error', 'Dump of db-01 failed: the disk is full');
    expect(shown).toEqual(['Dump of web-01 completed', 'Dump of db-01 failed: the disk is full']);
  });

  it('is left to the toast where the page is looked at, and to nobody where it is not allowed', async () => {
    hidden = false;
    notify('success', 'Dump of web-01 completed');
    hidden = true;
    FakeNotification.permission = 'denied';
    notify('success', 'Dump of web-01 completed');
    expect([shown, await mayNotify()]).toEqual([[], false]);
  });
});
