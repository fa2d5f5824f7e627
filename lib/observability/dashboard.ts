/** Makes the dashboard of the stack. Each section begins with what is normal in it. */
import { Aws, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  TextWidget,
  TextWidgetBackground,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type Alarms, RUNBOOK_PAGE } from './alarms.ts';
import { makeCostSection } from './cost-section.ts';
import { makeJobSections } from './job-sections.ts';
import { makeResourceSections } from './resource-sections.ts';
import type { WatchedResources } from './watched-resources.ts';

/** Width of a dashboard, in units of its grid. */
const FULL_WIDTH = 24;

/**
 * Makes the dashboard, with the name of stack and region. The dashboards of all regions of an account share
 * one list of names, so that the stack's name alone would be refused in the second region:
 * https://github.com/aws-solutions-library-samples/qnabot-on-aws/issues/81
 */
export function makeDashboard(scope: Construct, watched: WatchedResources, alarms: Alarms): Dashboard {
  const { stackName } = Stack.of(scope);
  const made = new Dashboard(scope, 'Dashboard', {
    dashboardName: `${stackName}-${Aws.REGION}`,
  });
  made.addWidgets(
    makeText(
      `# ${stackName}: bulk fielding-run jobs\n` +
        'Read from the top: alarms, what comes in, what comes of it, how fast, and below what it is made of. ' +
        `An alarm's section in ${formatRunbook(watched.config.runbookUrl)} says what to do. Saved queries: Logs Insights, folder **${stackName}**.`,
      3,
    ),
  );
  made.addWidgets(
    new AlarmStatusWidget({ title: 'Alarms', alarms: alarms.all, width: FULL_WIDTH, height: 4 }),
  );
  const sections = [
    ...makeJobSections(watched, alarms),
    ...makeResourceSections(watched),
    makeCostSection(watched),
  ];
  for (const { title, normal, graphs } of sections) {
    made.addWidgets(makeText(`## ${title}\n**Normal:** ${normal}`, 2));
    const width = Math.floor(FULL_WIDTH / graphs.length);
    made.addWidgets(
      ...graphs.map((graph) => new GraphWidget({ leftYAxis: { min: 0 }, width, height: 6, ...graph })),
    );
  }
  return made;
}

/** In Markdown: a link, or the name of the page. */
function formatRunbook(url: string | undefined): string {
  return url === undefined ? RUNBOOK_PAGE : `[the runbook](${url})`;
}

function makeText(markdown: string, height: number): TextWidget {
  return new TextWidget({
    markdown,
    width: FULL_WIDTH,
    height,
    background: TextWidgetBackground.TRANSPARENT,
  });
}
