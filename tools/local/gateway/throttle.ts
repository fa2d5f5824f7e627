/** Counts the requests of each route as API Gateway does: a bucket of tokens, refilled at a steady rate. */
import type { Route, Throttle } from '../template/api.ts';

/** A bucket that starts full. Every request takes a token; when there is none left, it is refused. */
class TokenBucket {
  private readonly limits: Throttle;
  private tokens: number;
  private countedAt: number;

  constructor(limits: Throttle, now: number) {
    this.limits = limits;
    this.tokens = limits.burst;
    this.countedAt = now;
  }

  take(now: number): boolean {
    const { perSecond, burst } = this.limits;
    const seconds = (now - this.countedAt) / 1_000;
    if (seconds > 0) this.tokens = Math.min(burst, this.tokens + seconds * perSecond);
    this.countedAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}

export class RouteThrottles {
  private readonly now: () => number;
  private readonly buckets = new Map<string, TokenBucket>();

  /** @param now milliseconds on a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** Whether the route takes one more request, which is then counted. */
  admit(route: Route): boolean {
    if (route.throttle === undefined) return true;
    const now = this.now();
    const bucket = this.buckets.get(route.key) ?? new TokenBucket(route.throttle, now);
    this.buckets.set(route.key, bucket);
    return bucket.take(now);
  }
}
