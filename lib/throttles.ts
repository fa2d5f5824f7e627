/**
 * How many requests each route takes. Creating a job costs far more than reading one, so creates have limits
 * of their own, and what they use up is never missing to the readers. Each route is counted by itself, and so
 * are the two prefixes of one path.
 */
import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Config } from './config.ts';
import { ROUTES } from '../api/routes.ts';

/** As CloudFormation writes the settings of one route. */
interface RouteSettings {
  readonly ThrottlingRateLimit: number;
  readonly ThrottlingBurstLimit: number;
}

/** The limits of what has none of its own: the unknown routes. */
export function defaultThrottle(config: Config): ThrottleSettings {
  return { rateLimit: config.readRateLimit, burstLimit: config.readBurstLimit };
}

/**
 * The limits of every known route by its key. Those of the readers are named though they equal the default,
 * so that requests for unknown routes take none of theirs, however API Gateway counts what falls under the
 * default.
 */
export function routeSettings(config: Config): Record<string, RouteSettings> {
  const create = {
    ThrottlingRateLimit: config.createRateLimit,
    ThrottlingBurstLimit: config.createBurstLimit,
  };
  const read = { ThrottlingRateLimit: config.readRateLimit, ThrottlingBurstLimit: config.readBurstLimit };
  return Object.fromEntries(
    ROUTES.map((route) => [`${route.method} ${route.path}`, route.operation === 'createJob' ? create : read]),
  );
}
