import { chmodSync, existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from '@playwright/test';
import { settings } from './fixtures/serve.ts';
import type { Language } from './fixtures/words.ts';

// `cargo xtask e2e` sets all of these. By hand, `npx playwright test` in this folder takes the binary of the default
// target folder. Set once: Playwright's workers read this file again and inherit the environment.
const env = process.env;
const target = join(import.meta.dirname, '..', 'target');
const bin = (env.SLIPWAY_TEST_BIN ??= join(target, 'debug', 'slipway'));
const home = (env.SLIPWAY_TEST_HOME ??= mkdtempSync('/tmp/slipway-e2e-'));
// Open to every user: the panel's PostgreSQL may run as another one.
chmodSync(home, 0o755);
const port = (env.SLIPWAY_TEST_PORT ??= '4173');
const results = (env.SLIPWAY_TEST_RESULTS ??= join(target, 'e2e'));
env.LEPTOS_SITE_ROOT ??= join(target, 'site');
// The panel writes its one-time setup link here; the setup test reads it.
const setupLinkFile = (env.SLIPWAY_SETUP_LINK_FILE ??= join(home, 'setup-link'));
const address = `127.0.0.1:${port}`;
const baseURL = `http://${address}`;

const chromium =
  env.SLIPWAY_TEST_CHROMIUM ??
  ['/usr/bin/chromium', '/usr/bin/google-chrome-stable', '/usr/bin/google-chrome'].find((path) => existsSync(path));

// The panel must never find a real account or another database in the environment of whoever runs the tests.
for (const name of Object.keys(env)) {
  if (/^(AWS_|DATABASE_URL$|PG)/.test(name)) delete env[name];
}
const panel = settings(home, address, setupLinkFile);
const desktop = { width: 1280, height: 800 };

export default defineConfig<{ language: Language }>({
  testDir: '.',
  outputDir: join(results, 'artifacts'),
  fullyParallel: false,
  // One after another: all tests are the same person, and an untouched draft of one's own serves again.
  workers: 1,
  retries: 0,
  forbidOnly: !!env.CI,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: join(results, 'report.json') }]],
  use: {
    baseURL,
    locale: 'ja-JP',
    timezoneId: 'Asia/Tokyo',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--no-first-run',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    // Opens the setup link and makes the owner, once, before everything else.
    { name: 'setup', testMatch: '**/*.setup.ts', use: { viewport: desktop } },
    { name: 'desktop', testMatch: '**/*.spec.ts', dependencies: ['setup'], use: { viewport: desktop } },
    {
      name: 'narrow',
      testMatch: '**/pages.spec.ts',
      dependencies: ['setup'],
      use: { viewport: { width: 320, height: 720 } },
    },
    {
      name: 'nojs',
      testMatch: ['**/wizard.spec.ts', '**/inputs.spec.ts'],
      dependencies: ['setup'],
      use: { viewport: desktop, javaScriptEnabled: false },
    },
  ],
  webServer: {
    command: `"${bin}" serve`,
    url: baseURL,
    env: panel,
    reuseExistingServer: false,
    timeout: 60_000,
    stdout: 'pipe',
    stderr: 'pipe',
    // The panel stops its own PostgreSQL before it ends.
    gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 },
  },
});
