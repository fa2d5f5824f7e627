/** Tests that the runbook covers every alarm, and names only widgets, queries, keys and events that exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { describeConfig } from '../../lib/config.ts';
import { synthesizeTemplate } from './readable-template.ts';

const PARTS = ['What it means', 'What users see', 'How to look', 'What to do', 'It is over when'];
const DOCS = join(import.meta.dirname, '../../docs');

const template = synthesizeTemplate();
const runbook = readFileSync(join(DOCS, 'runbook.md'), 'utf8');
const operating = readFileSync(join(DOCS, 'operating.md'), 'utf8');
const logs = readFileSync(join(DOCS, 'logs.md'), 'utf8');

/** The sections of the runbook on alarms: heading and text. */
const sections = [...runbook.matchAll(/^### (.+)\n([^]*?)(?=^##|(?![^]))/gm)].map(
  ([, name = '', text = '']) => ({
    name,
    text,
  }),
);

/** Returns a property of each resource of a type, without the name of the stack before it. */
function listNames(type: string, property: string): string[] {
  return Object.values(template.findByType(type)).map(({ Properties }) =>
    z
      .string()
      .parse(Properties[property])
      .replace(/^FieldingJobs[-/]/, ''),
  );
}

const alarms = listNames('AWS::CloudWatch::Alarm', 'AlarmName');
const queries = listNames('AWS::Logs::QueryDefinition', 'Name');
const bodySchema = z.object({
  widgets: z.array(z.object({ properties: z.object({ title: z.string().optional() }) })),
});
const [body = ''] = listNames('AWS::CloudWatch::Dashboard', 'DashboardBody');
const widgets = bodySchema
  .parse(JSON.parse(body))
  .widgets.flatMap(({ properties: { title } }) => title ?? []);

/** Returns the names that a text gives in code style after the word "widget" or "query". */
function listNamed(kind: 'widget' | 'query', text: string): string[] {
  return [...text.matchAll(new RegExp(`\\b${kind}\\s+\`([^\`]+)\``, 'gi'))].map(([, name = '']) => name);
}

describe('runbook', () => {
  test('has a section for each alarm, and for nothing else', () => {
    expect(sections.map(({ name }) => name).sort()).toEqual([...alarms].sort());
  });

  test.each(sections)('$name: has the five parts, in order', ({ text }) => {
    const parts = [...text.matchAll(/^- \*\*([^*]+)\*\*:? \S/gm)].map(([, part]) => part);
    expect(parts).toEqual(PARTS);
  });

  test.each(sections)(
    '$name: names a widget to look at, and only widgets and queries that exist',
    ({ text }) => {
      const look = /\*\*How to look\*\*([^]*?)^- /m.exec(text)?.[1] ?? '';
      expect(listNamed('widget', look).length).toBeGreaterThan(0);
      expect(listNamed('query', text).filter((name) => !queries.includes(name))).toEqual([]);
      expect(listNamed('widget', text).filter((name) => !widgets.includes(name))).toEqual([]);
    },
  );

  test('names only configuration keys and events that exist', () => {
    const keys = describeConfig().map(({ key }) => key);
    const events = [...logs.matchAll(/^\| `([a-z.-]+)` /gm)].map(([, event = '']) => event);
    const loose = sections.flatMap(({ text }) => {
      const rest = text.replaceAll(/\b(?:widget|query)\s+`[^`]+`/gi, '');
      return [...rest.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
    });
    // A word in the form of a configuration key or of an event must be one.
    const wrong = loose.filter(
      (word) =>
        (/^[a-z]+[A-Z][A-Za-z]+$/.test(word) && word !== 'integrationStatus' && !keys.includes(word)) ||
        (/^[a-z-]+\.[a-z-]+$/.test(word) && !events.includes(word)),
    );
    expect(wrong).toEqual([]);
  });
});

test('operating.md lists every saved query, and no other', () => {
  const table = /^\| Query [^]*?\n\n/m.exec(operating)?.[0] ?? '';
  const listed = [...table.matchAll(/^\| `([^`]+)` /gm)].map(([, name = '']) => name);
  expect(listed.sort()).toEqual([...queries].sort());
});
