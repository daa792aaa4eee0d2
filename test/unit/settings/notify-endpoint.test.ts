import { expect, test } from 'vitest';
import { notifyEndpoint } from '../../../src/settings/notify-endpoint.ts';
import type { NotifySettings } from '../../../src/settings/settings.ts';

const slack: NotifySettings = { kind: 'slack', urlFrom: 'HOOK_URL', secretFrom: 'HOOK_SECRET', on: ['finished'] };

test('variables give the URL and the secret, which may have been made from files', () => {
  const env = { HOOK_URL: 'https://hooks.example.com/x\n', HOOK_SECRET: 's3\r\n' };
  expect(notifyEndpoint(slack, env)).toEqual({ url: 'https://hooks.example.com/x', secret: 's3' });
});

test('a plain URL needs no variable', () => {
  const webhook: NotifySettings = { kind: 'webhook', url: 'https://ci.example.com/hook', on: ['failed'] };
  expect(notifyEndpoint(webhook, {})).toEqual({ url: 'https://ci.example.com/hook' });
});

test.each([
  ['https://me:s3%3Acret@ci.example.com/hook', 'me:s3:cret'],
  ['https://token@ci.example.com/hook', 'token:'],
  ['https://:s3cret@ci.example.com/hook', ':s3cret'],
  ['https://me:100%@ci.example.com/hook', 'me:100%'],
])('what proves who asks leaves the URL, for fetch takes none with it: %s', (url, userinfo) => {
  const authorization = `Basic ${Buffer.from(userinfo).toString('base64')}`;
  const hook: NotifySettings = { kind: 'webhook', urlFrom: 'HOOK_URL', on: ['failed'] };
  expect(notifyEndpoint(hook, { HOOK_URL: url })).toEqual({ url: 'https://ci.example.com/hook', authorization });
});

test.each([
  ['not set', {}, /HOOK_URL is not set/],
  ['no URL', { HOOK_URL: 'hunter2' }, /HOOK_URL: expected a URL/],
  ['no web address', { HOOK_URL: 'ftp://hunter2.example.com' }, /HOOK_URL: expected a URL/],
  ['without its secret', { HOOK_URL: 'https://hooks.example.com/x' }, /HOOK_SECRET is not set/],
])('a variable that is %s is named', (_, env, message) => {
  expect(() => notifyEndpoint(slack, env)).toThrow(message);
});
