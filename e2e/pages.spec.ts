import * as act from './fixtures/action.ts';
import * as check from './fixtures/check.ts';
import * as find from './fixtures/find.ts';
import { expect, test } from './fixtures/panel.ts';

// Every page: no serious finding of axe, light and dark; no sideways scroll; nothing that the browser complains about.
// At 320 px only the width differs, so axe looks at the wide page.

let seeded: act.Seeded;
let waiting: string;
let failed: string;
let cancelled: string;
let leaving: string;
let dead: string;
let wrong: string;
let pushing: string;
let edit: string;

const pages: Record<string, () => string> = {
  dashboard: () => '/',
  connections: () => '/connections',
  'new connection': () => '/connections/new',
  'one connection': () => `/connections/${seeded.connection}`,
  'a connection whose test failed': () => `/connections/${dead}`,
  'wizard: account': () => `/drafts/${seeded.draft}/account`,
  'wizard: image': () => `/drafts/${seeded.draft}/image`,
  'wizard: image, waiting for the push': () => `/drafts/${pushing}/image`,
  'wizard: network': () => `/drafts/${seeded.draft}/network`,
  'wizard: service': () => `/drafts/${seeded.draft}/service`,
  'wizard: frontend': () => `/drafts/${seeded.draft}/frontend`,
  'wizard: review': () => `/drafts/${seeded.draft}/review`,
  'wizard: service with problems': () => `/drafts/${wrong}/service?checked=1`,
  'wizard: review with something left': () => `/drafts/${wrong}/review`,
  'wizard: a stack that is changed': () => `/drafts/${edit}/service`,
  'a run that succeeded': () => `/runs/${seeded.run}`,
  'a run that waits': () => `/runs/${waiting}`,
  'a run that failed': () => `/runs/${failed}`,
  'a run that was cancelled': () => `/runs/${cancelled}`,
  'a run that takes down': () => `/runs/${leaving}`,
  runs: () => `/stacks/${seeded.stack}/runs`,
  stack: () => `/stacks/${seeded.stack}`,
  'take down': () => `/stacks/${seeded.stack}/destroy`,
  styleguide: () => '/styleguide',
};
const english = new Set(['dashboard', 'wizard: review', 'a run that waits', 'stack']);

test.describe('signed in', () => {
  test.beforeAll('a stack that is up, a draft, and a run that waits for its image', async ({ playwright, session }, info) => {
    test.setTimeout(180_000);
    const request = await playwright.request.newContext({ baseURL: info.project.use.baseURL, storageState: session });
    const name = `p${Math.random().toString(36).slice(2, 9)}`;
    seeded = await act.seedStack(request, name);
    pushing = await act.seedDraft(request, seeded.connection, `${name}p`);
    wrong = await act.seedDraft(request, seeded.connection, `${name}x`, { 'container.port': '70000', 'health.path': 'health' });
    // Each in an account of its own: what one run makes would change the plan that another one was shown.
    const applied = async (stack: string) => act.apply(request, await act.seedDraft(request, await act.seedConnection(request, stack), stack));
    waiting = await applied(`${name}w`);
    cancelled = await applied(`${name}c`);
    await act.cancel(request, cancelled);
    failed = await act.seedFailure(request, await act.seedConnection(request, `${name}f`), `${name}f`);
    dead = await act.seedDeadConnection(request, `${name} dead`);
    edit = await act.editStack(request, seeded.stack);
    const gone = await act.seedStack(request, `${name}g`);
    leaving = await act.takeDown(request, gone.stack, `${name}g`);
    await request.post(`/connections/${seeded.connection}/test`, { maxRedirects: 0 });
    await request.dispose();
  });

  for (const [where, path] of Object.entries(pages)) {
    test(`${where} is accessible, fits, and is quiet`, async ({ page, context, complaints, baseURL }, info) => {
      const answer = await page.goto(path());
      expect(answer?.status()).toBe(200);
      await looked(page, where, info.project.name);
      await act.useLanguage(context, 'en', baseURL ?? '');
      await page.goto(path());
      await expect(page.locator('html')).toHaveAttribute('lang', 'en');
      await expect(page).toHaveTitle(/\S.* · Slipway/);
      await check.fits(page, `${where} in English`);
      // Words differ, colours do not: a few pages stand for all of them.
      if (english.has(where)) await looked(page, `${where} in English`, info.project.name);
      check.quiet(complaints, where);
    });
  }
});

for (const [where, path, status] of [
  ['sign-in', '/sign-in', 200],
  ['a dead set-up link', '/setup/not-a-token', 404],
] as const) {
  test.describe(() => {
    test.use({ storageState: { cookies: [], origins: [] } });
    test(`${where} is accessible, fits, and is quiet`, async ({ page, complaints }, info) => {
      expect((await page.goto(path))?.status()).toBe(status);
      await looked(page, where, info.project.name);
      check.quiet(complaints, where, status === 404 ? /status of 404/ : undefined);
    });
  });
}

test('an address that leads nowhere says so, and where to go', async ({ page, complaints, t }, info) => {
  for (const path of ['/no/such/page', '/stacks/00000000-0000-0000-0000-000000000000']) {
    expect((await page.goto(path))?.status(), path).toBe(404);
    await looked(page, path, info.project.name);
  }
  await page.goto('/no/such/page');
  await page.getByRole('link', { name: t('error.to_stacks') }).click();
  await expect(find.heading(page)).toHaveText(t('nav.stacks'));
  check.quiet(complaints, 'not found', /status of 404/);
});

async function looked(page: Parameters<typeof check.fits>[0], where: string, project: string) {
  await expect(find.heading(page)).toBeVisible();
  await check.fits(page, where);
  if (project === 'narrow') return;
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await check.accessible(page, `${where} (light)`);
  // The other theme is the same document in other colours.
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await check.accessible(page, `${where} (dark)`, ['color-contrast']);
}
