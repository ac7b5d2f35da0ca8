import * as act from './fixtures/action.ts';
import * as check from './fixtures/check.ts';
import * as find from './fixtures/find.ts';
import { layLine } from './fixtures/line.ts';
import { expect, test } from './fixtures/panel.ts';

// A run whose image was not pushed waits for it, for as long as a test wants.

test('a run page survives a lost connection and catches up', async ({ page, playwright, session, baseURL, t, unique, complaints }) => {
  // The page's line is cut; that of whoever pushes the image is not.
  const line = await layLine(baseURL ?? '');
  const elsewhere = await playwright.request.newContext({ baseURL, storageState: session });
  const connection = await act.seedConnection(elsewhere, unique);
  const run = await act.apply(elsewhere, await act.seedDraft(elsewhere, connection, unique));
  await page.goto(`${line.address}/runs/${run}`);
  await expect(page.getByRole('table', { name: t('run.waits') })).toContainText(`${unique}-api`);
  await page.evaluate(() => document.body.setAttribute('data-same-page', ''));

  line.cut();
  await expect(page.getByRole('note').filter({ hasText: t('run.lost') })).toBeVisible({ timeout: 30_000 });
  const { stack_id: stack } = await act.runState(elsewhere, run);
  await act.playPush(elsewhere, await act.editStack(elsewhere, stack));
  await expect.poll(async () => (await act.runState(elsewhere, run)).state, { timeout: 45_000 }).toBe('succeeded');
  await expect(find.heading(page)).not.toContainText(t('run_state.succeeded'));

  line.mend();
  await check.succeeds(page, t, 'live');
  await expect(page.getByText(t('run.lost'))).toHaveCount(0);
  await expect(page.locator('body[data-same-page]'), 'the page was never loaded again').toHaveCount(1);
  check.quiet(complaints, 'the run page', /net::ERR_/);
  await elsewhere.dispose();
  line.close();
});

test('a run that was stopped is resumed and succeeds', async ({ page, t, unique }) => {
  const connection = await act.seedConnection(page.request, unique);
  const run = await act.apply(page.request, await act.seedDraft(page.request, connection, unique));
  await page.goto(`/runs/${run}`);
  await expect(page.getByRole('table', { name: t('run.waits') })).toContainText(`${unique}-api`);

  await page.locator('details.confirm summary').click();
  await find.button(page, t('run.cancel_go')).click();
  await expect(find.heading(page)).toContainText(t('run_state.cancelled'), { timeout: 20_000 });

  const { stack_id: stack } = await act.runState(page.request, run);
  await act.playPush(page.request, await act.editStack(page.request, stack));
  await find.button(page, t('run.resume')).click();
  await check.succeeds(page, t, 'live');
});

test('a run that failed names the cause, and goes on once it is put right', async ({ page, t, unique }) => {
  test.setTimeout(120_000);
  const connection = await act.seedConnection(page.request, unique);
  const run = await act.seedFailure(page.request, connection, unique);
  await page.goto(`/runs/${run}`);
  await expect(find.heading(page)).toContainText(t('run_state.failed'));
  await expect(page.getByRole('alert').first()).toContainText(t.like('diagnosis.target_refused.cause', { port: 9090 }));
  await expect(find.panel(page, t('run.fix'))).toContainText(t('diagnosis.target_refused.fix'));
  await expect(page.getByRole('figure').or(page.locator('figure.graph')).first()).toBeVisible();
  await expect(page.locator('figure.graph .node.failed')).toHaveCount(1);

  // An image that listens where the task definition says is pushed; a plan names the very image, so a new one takes it.
  const { stack_id: stack } = await act.runState(page.request, run);
  const draft = await act.editStack(page.request, stack);
  await act.playPush(page.request, draft);
  await page.goto(`/runs/${await act.apply(page.request, draft)}`);
  await check.succeeds(page, t, 'live');
});

test('the clock of a run goes on between two events', async ({ page, t, unique }) => {
  const connection = await act.seedConnection(page.request, unique);
  const run = await act.apply(page.request, await act.seedDraft(page.request, connection, unique));
  await page.goto(`/runs/${run}`);
  const waits = page.getByRole('table', { name: t('run.waits') });
  await expect(waits).toContainText(`${unique}-api`);
  // Nothing happens while the image is not there: what moves is the clock alone.
  const shown = () => waits.locator('.clock').first().textContent();
  const before = await shown();
  await expect.poll(shown, { timeout: 10_000 }).not.toBe(before);
});

test('a field says what is wrong with it while the form is filled in', async ({ page, t, unique }) => {
  const connection = await act.seedConnection(page.request, unique);
  const draft = await act.seedDraft(page.request, connection, unique);
  await page.goto(`/drafts/${draft}/service`);
  await expect(page.locator('html.awake')).toHaveCount(1);
  await find.field(page, 'container.port').fill('70000');
  await find.field(page, 'health.path').fill('health');
  await expect(find.problem(page, 'container.port')).toHaveText(t.like('problem.out_of_range', { given: '70000' }));
  await find.field(page, 'health.matcher').focus();
  await expect(find.problem(page, 'health.path')).toHaveText(t.like('problem.bad_path', { given: 'health' }));
  await expect(find.field(page, 'health.path')).toHaveAttribute('aria-invalid', 'true');
  await find.field(page, 'health.path').fill('/health');
  await expect(find.problem(page, 'health.path')).toHaveCount(0);
  await expect(page).toHaveURL(/\/service$/);
});

test('an image that arrives does not take away what was typed', async ({ page, context, t, unique }) => {
  const connection = await act.seedConnection(page.request, unique);
  const draft = await act.seedDraft(page.request, connection, unique);
  await page.goto(`/drafts/${draft}/image`);
  await expect(page.locator('html.awake')).toHaveCount(1);
  await find.field(page, 'image.tag').fill('v2-not-saved');
  const elsewhere = await context.newPage();
  await act.playPush(elsewhere.request, draft);
  await elsewhere.close();
  await expect(page.getByText(t('wizard.image.arrived_dirty'))).toBeVisible({ timeout: 15_000 });
  await expect(find.field(page, 'image.tag')).toHaveValue('v2-not-saved');
});

test('the copy button copies', async ({ page, context, baseURL, t, unique }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: baseURL ?? '' });
  const { stack } = await act.seedStack(page.request, unique);
  await page.goto(`/stacks/${stack}`);
  const address = await page.locator('p.lead a').first().getAttribute('href');
  await page.locator('p.lead').getByRole('button', { name: t('copy.copy'), exact: true }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(address);
});
