import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { formatJUnit } from '../../../src/policy/formats/junit.ts';
import { CHROMIUM } from '../../support/chromium.ts';

/** As much of the browser's own parser as is used here. */
interface XmlNode {
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
  querySelector(selector: string): XmlNode | null;
  querySelectorAll(selector: string): ArrayLike<XmlNode> & Iterable<XmlNode>;
}
declare const DOMParser: new () => { parseFromString(text: string, type: 'application/xml'): XmlNode };

const IMAGES = ['registry.example.com/app:1', 'registry.example.com/clean:1'];
/** Markup, entities, ends of sections, and characters that no document may hold. */
const MESSAGES = ['plain', '<b a="1">&amp; ]]> --> \'"', 'bell \u0007 half \ud800 end \uffff', '\u202e\u0000\n\t'];

test('an XML parser reads JUnit reports, and gets back the findings', async () => {
  const violations = MESSAGES.map((message, at) => ({
    reference: IMAGES[0] ?? '',
    rule: `rule-${at}`,
    severity: at % 2 === 0 ? ('error' as const) : ('warn' as const),
    message,
    evidence: [{ layer: at, subject: message }],
    exception: null,
  }));
  const browser = await chromium.launch(CHROMIUM);
  try {
    const page = await browser.newPage();
    const read = await page.evaluate(
      (xml) => {
        const document = new DOMParser().parseFromString(xml, 'application/xml');
        const suites = [...document.querySelectorAll('testsuite')];
        return {
          error: document.querySelector('parsererror')?.textContent ?? null,
          suites: suites.map((suite) => ({
            name: suite.getAttribute('name'),
            tests: Number(suite.getAttribute('tests')),
            cases: suite.querySelectorAll('testcase').length,
            failures: suite.querySelectorAll('failure').length,
          })),
          messages: [...document.querySelectorAll('failure')].map((failure) => failure.getAttribute('message')),
        };
      },
      formatJUnit(IMAGES, violations),
    );
    expect(read).toEqual({
      error: null,
      suites: [
        { name: IMAGES[0], tests: 4, cases: 4, failures: 2 },
        { name: IMAGES[1], tests: 1, cases: 1, failures: 0 },
      ],
      messages: ['plain', 'bell \ufffd half \ufffd end \ufffd'],
    });
  } finally {
    await browser.close();
  }
});
