import { readFileSync } from 'node:fs';
import * as act from './fixtures/action.ts';
import * as check from './fixtures/check.ts';
import * as find from './fixtures/find.ts';
import { expect, owner, test } from './fixtures/panel.ts';

test.use({ storageState: { cookies: [], origins: [] } });

test('the one-time link makes the owner, once', async ({ page, browser, t, complaints }) => {
  const link = readFileSync(process.env.SLIPWAY_SETUP_LINK_FILE ?? '', 'utf8').trim();

  await test.step('the form shows what is wrong and makes nobody', async () => {
    await page.goto(link);
    await check.accessible(page, 'set-up');
    await find.field(page, 'name').fill(owner.name);
    await find.field(page, 'email').fill(owner.email);
    await find.field(page, 'password').fill('short');
    await find.button(page, t('setup.go')).click();
    await expect(find.problem(page, 'password')).toBeVisible();
    await expect(find.field(page, 'email')).toHaveValue(owner.email);
    await expect(find.field(page, 'password')).toHaveValue('');
  });

  await test.step('the owner is signed in, and finds an empty dashboard', async () => {
    await find.field(page, 'password').fill(owner.password);
    await find.button(page, t('setup.go')).click();
    await expect(find.heading(page)).toHaveText(t('nav.stacks'));
    await expect(page.getByText(t('dashboard.none'), { exact: true })).toBeVisible();
    await check.accessible(page, 'the empty dashboard');
    await page.emulateMedia({ colorScheme: 'dark' });
    await check.accessible(page, 'the empty dashboard in the dark');
    await page.setViewportSize({ width: 320, height: 720 });
    await check.fits(page, 'the empty dashboard');
    check.quiet(complaints, 'set-up');
  });

  await test.step('the link is dead now', async () => {
    const other = await browser.newPage({ storageState: { cookies: [], origins: [] } });
    const answer = await other.goto(link);
    expect(answer?.status()).toBe(404);
    await expect(find.heading(other)).toHaveText(t('panel_error.setup_link.title'));
    await other.close();
  });

  await test.step('the owner signs out and in again', async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.locator('summary').filter({ hasText: owner.name }).click();
    await find.button(page, t('frame.sign_out')).click();
    await expect(page.getByRole('status')).toHaveText(t('flash.signed_out'));
    await act.signInByHand(page, t, owner);
    await expect(find.heading(page)).toHaveText(t('nav.stacks'));
  });
});
