import * as act from './fixtures/action.ts';
import * as check from './fixtures/check.ts';
import * as find from './fixtures/find.ts';
import { expect, owner, test } from './fixtures/panel.ts';

test('a wrong password is refused; the address stays', async ({ browser, t }) => {
  const page = await browser.newPage({ storageState: { cookies: [], origins: [] } });
  await page.goto('/sign-in?next=/connections');
  await act.signInByHand(page, t, { email: owner.email, password: 'not it' });
  await expect(page.getByRole('alert')).toContainText(t('panel_error.wrong_credentials.title'));
  await expect(find.field(page, 'email')).toHaveValue(owner.email);
  await expect(find.field(page, 'password')).toHaveValue('');
  await act.signInByHand(page, t, owner);
  await expect(find.heading(page)).toHaveText(t('nav.connections'));
  await page.close();
});

test('a broken set-up link says so', async ({ page, t, complaints }) => {
  const answer = await page.goto('/setup/not-a-token');
  expect(answer?.status()).toBe(404);
  await expect(find.heading(page)).toHaveText(t('panel_error.setup_link.title'));
  await expect(page.getByRole('link', { name: t('next.sign_in') })).toBeVisible();
  check.quiet(complaints, 'a broken set-up link', /status of 404/);
});

test('a page that needs a person leads to the sign-in page and back', async ({ browser, t }) => {
  const page = await browser.newPage({ storageState: { cookies: [], origins: [] } });
  await page.goto('/connections/new');
  await expect(find.heading(page)).toHaveText(t('sign_in.title'));
  await act.signInByHand(page, t, owner);
  await expect(find.heading(page)).toHaveText(t('connections.add'));
  await page.close();
});

test('a refused connection keeps what was typed and names every problem', async ({ page, t, unique }) => {
  await page.goto('/connections/new');
  await find.field(page, 'name').fill(unique);
  await find.choice(page, t('connections.kind_aws')).check();
  await find.choice(page, t('connections.role')).check();
  await find.field(page, 'role_arn').fill('arn:aws:iam::1:user/x');
  await find.field(page, 'endpoint').fill('localhost:5000');
  await find.button(page, t('connections.add_go')).click();
  await check.refused(page, 'role_arn', 'arn:aws:iam::1:user/x', t.like('problem.bad_role_arn', { given: 'arn:aws:iam::1:user/x' }));
  await check.refused(page, 'endpoint', 'localhost:5000', t.like('problem.bad_name', { given: 'localhost:5000' }));
  await expect(find.summary(page).getByRole('link')).toHaveCount(2);
  await expect(find.field(page, 'name')).toHaveValue(unique);
  await expect(find.choice(page, t('connections.kind_aws'))).toBeChecked();
});

test('every page of the wizard says what is wrong with it, and keeps it', async ({ page, t, unique }) => {
  await page.goto('/');
  const connection = await act.seedConnection(page.request, unique);
  const draft = await act.seedDraft(page.request, connection, unique);
  const open = (step: string) => page.goto(`/drafts/${draft}/${step}`);

  await test.step('name', async () => {
    await open('account');
    await find.field(page, 'name').fill('Not A Name!');
    await act.goOn(page, t, 'image');
    await check.refused(page, 'name', 'Not A Name!', t.like('problem.bad_name', { given: 'Not A Name!' }));
    await expect(find.summary(page)).toBeVisible();
    await find.field(page, 'name').fill(unique);
    await act.goOn(page, t, 'image');
    await expect(find.heading(page)).toHaveText(t('wizard.image.title'));
  });

  await test.step('image', async () => {
    await find.choice(page, t('wizard.image.other')).check();
    await find.field(page, 'image.uri').fill('HTTP://no image');
    await act.goOn(page, t, 'network');
    await check.refused(page, 'image.uri', 'HTTP://no image', t.like('problem.bad_image', { given: 'HTTP://no image' }));
    await find.choice(page, t('wizard.image.new')).check();
    await act.goOn(page, t, 'network');
    await expect(find.heading(page)).toHaveText(t('wizard.network.title'));
  });

  await test.step('network', async () => {
    await find.field(page, 'network.allow_from').fill('10.0.0.300/8');
    await act.goOn(page, t, 'service');
    await check.refused(page, 'network.allow_from', '10.0.0.300/8', t.like('problem.bad_cidr', { given: '10.0.0.300/8' }));
    await find.field(page, 'network.allow_from').fill('');
    await act.goOn(page, t, 'service');
    await expect(find.heading(page)).toHaveText(t('wizard.service.title'));
  });

  await test.step('service: port and path at once', async () => {
    await find.field(page, 'container.port').fill('70000');
    await find.field(page, 'health.path').fill('no slash');
    await find.field(page, 'container.environment').fill('LOG_LEVEL=debug');
    await act.goOn(page, t, 'frontend');
    await check.refused(page, 'container.port', '70000', t.like('problem.out_of_range', { given: '70000' }));
    await check.refused(page, 'health.path', 'no slash', t.like('problem.bad_path', { given: 'no slash' }));
    await expect(find.field(page, 'container.environment')).toHaveValue('LOG_LEVEL=debug');
    await expect(find.summary(page).getByRole('link')).toHaveCount(2);
  });

  await test.step('a draft that is not whole has no plan, and says what is left', async () => {
    await open('review');
    await expect(find.panel(page, t('wizard.review.left'))).toContainText('container.port');
    await expect(find.button(page, t('wizard.review.go'))).toHaveCount(0);
  });
});

test('back and forward lose nothing, and a colleague can open the draft', async ({ page, browser, session, t, unique }) => {
  await act.addConnection(page, t, unique);
  await act.beginStack(page, t);
  await act.fillAccount(page, t, unique, unique);
  await find.choice(page, t('wizard.image.new')).check();
  await find.field(page, 'image.tag').fill('release-7');

  await test.step('back by the button keeps both pages', async () => {
    await find.button(page, t('wizard.back')).click();
    await expect(find.field(page, 'name')).toHaveValue(unique);
    await expect(find.choice(page, new RegExp(unique))).toBeChecked();
    await act.goOn(page, t, 'image');
    await expect(find.field(page, 'image.tag')).toHaveValue('release-7');
    await expect(find.choice(page, t('wizard.image.new'))).toBeChecked();
  });

  await test.step("back and forward by the browser's own buttons", async () => {
    await act.goOn(page, t, 'network');
    await expect(find.heading(page)).toHaveText(t('wizard.network.title'));
    await page.goBack();
    await expect(find.field(page, 'image.tag')).toHaveValue('release-7');
    await page.goForward();
    await expect(find.heading(page)).toHaveText(t('wizard.network.title'));
  });

  await test.step('the same draft in a session of its own', async () => {
    expect(session.cookies.length).toBeGreaterThan(0);
    const other = await browser.newPage({ storageState: { cookies: [], origins: [] } });
    await other.goto(page.url().replace(/network.*$/, 'image'));
    await act.signInByHand(other, t, owner);
    await expect(find.field(other, 'image.tag')).toHaveValue('release-7');
    await other.close();
  });
});

test('a stack is taken down only by its own name', async ({ page, t, unique }) => {
  const { stack } = await act.seedStack(page.request, unique);
  await page.goto(`/stacks/${stack}/destroy`);
  await find.field(page, 'name').fill('another');
  await find.button(page, t('destroy.go')).click();
  await expect(page).toHaveURL(/\/destroy/);
  await expect(page.getByRole('alert').first()).toBeVisible();
  await page.goto(`/stacks/${stack}/runs`);
  await expect(page.getByText(t('purpose.destroy'))).toHaveCount(0);
});

test('what only a changed page could send is refused all the same', async ({ page, t, unique }) => {
  const connection = await act.seedConnection(page.request, unique);

  await test.step('a pair of CPU and memory that Fargate does not have', async () => {
    const draft = await act.seedDraft(page.request, connection, unique, { 'container.size': '256/4096' });
    await page.goto(`/drafts/${draft}/service?checked=1`);
    await expect(find.problem(page, 'container.size')).toHaveText(t.like('problem.cpu_memory_pair'));
  });

  await test.step('a region that does not exist', async () => {
    const form = { kind: 'aws', name: `${unique} region`, region: 'ap-northeast-9', source: 'default' };
    const answer = await page.request.post('/connections/new', { form, maxRedirects: 0 });
    await page.goto(answer.headers().location ?? '');
    await expect(find.problem(page, 'region')).toContainText('ap-northeast-9');
  });

  await test.step('credentials that do not work', async () => {
    const dead = await act.seedDeadConnection(page.request, `${unique} dead`);
    await page.goto(`/connections/${dead}`);
    await expect(page.getByRole('alert')).toContainText(t('connections.refused'));
  });
});
