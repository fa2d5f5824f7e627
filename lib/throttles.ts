/**
 * The request limits of the routes (ADR 20). Creating a job costs far more than reading one, so routes that
 * create have limits of their own and take none of the readers' requests. Each route has its own count, and
 * so have the two prefixes of one path.
 */
import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Config } from './config.ts';
import { GATEWAY_ROUTES } from '../api/routes.ts';

/** The settings of one route, with the names of CloudFormation: requests per second, and requests at once. */
interface RouteSettings {
  readonly ThrottlingRateLimit: number;
  readonly ThrottlingBurstLimit: number;
}

/** Makes the default limits, which are those of unknown routes. */
export function makeDefaultThrottle(config: Config): ThrottleSettings {
  return { rateLimit: config.readRateLimit, burstLimit: config.readBurstLimit };
}

/**
 * Makes the limits of every known route, by route key. Routes that read are listed although their limits
 * equal the default, so that requests for unknown routes take none of theirs, however API Gateway counts the
 * default.
 *
 * A key may be added but never removed, not even by a rollback: API Gateway keeps the settings of removed
 * routes and then refuses every change of the stage (ADR 35).
 */
export function makeRouteSettings(config: Config): Record<string, RouteSettings> {
  const create = {
    ThrottlingRateLimit: config.createRateLimit,
    ThrottlingBurstLimit: config.createBurstLimit,
  };
  const read = { ThrottlingRateLimit: config.readRateLimit, ThrottlingBurstLimit: config.readBurstLimit };
  return Object.fromEntries(
    GATEWAY_ROUTES.map(({ key, operation }) => [key, operation === 'createJob' ? create : read]),
  );
}
