import type { Page } from '@playwright/test';
import * as act from './fixtures/action.ts';
import * as check from './fixtures/check.ts';
import * as find from './fixtures/find.ts';
import { expect, owner, test as signedIn } from './fixtures/panel.ts';
import { type FirstStart, firstStart } from './fixtures/serve.ts';
import { type Language, type Words, wordsOf } from './fixtures/words.ts';

// From the first start to a healthy stack and back, as a person would, each on a panel of its own. Without JavaScript the
// same pages do the same; what would come by itself is asked for again.

const test = signedIn.extend<{ panel: FirstStart }>({
  panel: async ({}, use) => {
    const panel = await firstStart();
    await use(panel);
    await panel.stop();
  },
  baseURL: async ({ panel }, use) => use(panel.address),
  storageState: { cookies: [], origins: [] },
});

const name = 'vendor0919';

for (const language of ['ja', 'en'] as const satisfies Language[]) {
  test(`from the set-up link to a healthy stack, which is taken down again (${language})`, async ({
    panel,
    page,
    context,
    javaScriptEnabled: live,
  }) => {
    test.setTimeout(180_000);
    const t = wordsOf(language);

    await test.step('the set-up link makes the owner', async () => {
      await page.goto(panel.link);
      // The browser speaks Japanese; the other language is chosen by hand.
      if (language === 'en') await act.switchLanguage(page, 'English');
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      await expect(find.heading(page)).toHaveText(t('setup.title'));
      await act.setUp(page, t, owner);
      await expect(find.heading(page)).toHaveText(t('nav.stacks'));
    });

    await test.step('account', async () => {
      await act.beginStack(page, t);
      await act.fillAccount(page, t, 'practice:runbook', name);
      await expect(find.heading(page)).toHaveText(t('wizard.image.title'));
    });

    await test.step('image: a new repository, and the push arrives', async () => {
      await act.makeRepository(page, t, `${name}-api`, 'v1');
      const commands = page.locator('figure.code pre');
      await expect(commands).toContainText('docker build --platform linux/amd64');
      await expect(commands).toContainText(/docker push \d{12}\.dkr\.ecr\.ap-northeast-1\.amazonaws\.com\/.+-api:v1/);
      await expect(page.getByText(t('wizard.image.waiting'), { exact: true })).toBeVisible();
      if (live) {
        // Somebody pushes elsewhere; this page sees it arrive.
        const elsewhere = await context.newPage();
        await elsewhere.goto(page.url());
        await find.button(elsewhere, t('wizard.image.play')).click();
        await expect(elsewhere.getByText(t('wizard.image.arrived'), { exact: true })).toBeVisible();
        await elsewhere.close();
      } else {
        await find.button(page, t('wizard.image.play')).click();
      }
      await expect(page.getByText(t('wizard.image.arrived'), { exact: true })).toBeVisible({ timeout: 15_000 });
      await expect(find.panel(page, t('wizard.image.facts'))).toContainText('8080');
      await act.goOn(page, t, 'network');
    });

    await test.step('network: the missing zone is proposed', async () => {
      await expect(find.heading(page)).toHaveText(t('wizard.network.title'));
      await expect(page.locator('p.lead').first()).toContainText('1c');
      await expect(page.getByRole('checkbox', { name: /\(1c\)/ })).toBeChecked();
      await expect(find.choice(page, t('wizard.network.two_groups'))).toBeChecked();
      await act.goOn(page, t, 'service');
    });

    await test.step('service: the image says its port', async () => {
      await expect(find.heading(page)).toHaveText(t('wizard.service.title'));
      await expect(find.field(page, 'container.port')).toHaveValue('8080');
      await act.goOn(page, t, 'frontend');
    });

    await test.step('frontend: the Amplify app of the runbook', async () => {
      await expect(find.heading(page)).toHaveText(t('wizard.frontend.title'));
      await find.choice(page, new RegExp(t('wizard.frontend.none'))).check();
      await expect(find.field(page, 'frontend.branch')).toBeHidden();
      await find.choice(page, /vendor0919-web/).check();
      await expect(find.field(page, 'frontend.branch')).toBeVisible();
      await act.goOn(page, t, 'review');
    });

    await test.step('review: a plan, its cost, nothing in the way', async () => {
      await expect(find.heading(page)).toHaveText(t('wizard.review.heading'));
      for (const kind of ['kind.subnet', 'kind.load_balancer', 'kind.service', 'kind.frontend_release']) {
        await expect(find.steps(page, t).filter({ hasText: t(kind) }).first()).toBeVisible();
      }
      await expect(find.panel(page, t('plan.preflight')).locator('.note.bad')).toHaveCount(0);
      await check.filledIn(find.fact(page, t('plan.cost')));
      await check.filledIn(find.fact(page, t('plan.expected')));
      await find.button(page, t('wizard.review.go')).click();
    });

    await test.step('run: the plan comes true', async () => {
      await expect(page).toHaveURL(/\/runs\//);
      await check.succeeds(page, t, live ? 'live' : 'reload');
      await expect(page.locator('.address a')).toHaveAttribute('href', /^http:\/\/.+\.elb\.amazonaws\.com/);
    });

    await test.step('stack: its address and everything it consists of', async () => {
      await page.getByRole('link', { name: t('run.to_stack') }).click();
      await expect(find.heading(page)).toContainText(name);
      await expect(page.locator('p.lead a').first()).toHaveAttribute('href', /^http:\/\/.+\.elb\.amazonaws\.com/);
      await ids(page, t);
    });

    await test.step('the stack is watched: healthy, with a day of history', async () => {
      await expect(async () => {
        await page.reload();
        await expect(page.locator('h1 + .state, h1 .state, .head .state').first()).toHaveText(t('health.up'), { timeout: 500 });
      }).toPass({ timeout: 45_000 });
      await expect(find.panel(page, t('stack.day')).locator('.bars rect').first()).toBeVisible();
      await expect(find.panel(page, t('stack.latency_chart'))).toBeVisible();
    });

    await test.step('taken down by typing its name', async () => {
      await page.getByRole('link', { name: t('stack.destroy'), exact: true }).click();
      await expect(find.heading(page)).toHaveText(t('destroy.title', { name }));
      await find.field(page, 'name').fill(name);
      await find.button(page, t('destroy.go')).click();
      await expect(page).toHaveURL(/\/runs\//);
      await expect(find.heading(page)).toContainText(t('purpose.destroy'));
      await check.succeeds(page, t, live ? 'live' : 'reload');
    });
  });
}

/** The appendix of the runbook: ids and ARNs of what was made. Long ones are shortened; the whole is in the tooltip. */
async function ids(page: Page, t: Words) {
  const everything = find.panel(page, t('stack.resources'));
  for (const arn of [':cluster/', ':service/', ':loadbalancer/app/', ':targetgroup/', ':listener/', ':task-definition/']) {
    await expect(everything.locator(`.aws-id code[title^="arn:aws:"][title*="${arn}"]`).first()).toBeVisible();
  }
  for (const id of [/^subnet-[0-9a-f]+$/, /^sg-[0-9a-f]+$/]) {
    await expect(everything.locator('.aws-id code').filter({ hasText: id }).first()).toBeVisible();
  }
}
