/**
 * Limits the requests of each route with a token bucket, as API Gateway does.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
 */
import type { Route, Throttle } from '../template/read-routes.ts';

/** A bucket that starts full and is refilled at a steady rate. Each request takes a token, or is refused. */
class TokenBucket {
  readonly #limits: Throttle;
  #tokens: number;
  #countedAt: number;

  constructor(limits: Throttle, now: number) {
    this.#limits = limits;
    this.#tokens = limits.burst;
    this.#countedAt = now;
  }

  take(now: number): boolean {
    const { perSecond, burst } = this.#limits;
    const seconds = (now - this.#countedAt) / 1_000;
    if (seconds > 0) this.#tokens = Math.min(burst, this.#tokens + seconds * perSecond);
    this.#countedAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

export class RouteThrottles {
  readonly #now: () => number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Returns whether the route admits one more request, and counts it. */
  admit(route: Route): boolean {
    if (route.throttle === undefined) return true;
    const now = this.#now();
    const bucket = this.#buckets.get(route.key) ?? new TokenBucket(route.throttle, now);
    this.#buckets.set(route.key, bucket);
    return bucket.take(now);
  }
}
