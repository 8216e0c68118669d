package heroku

import "context"

type ratePayload struct{ Remaining *int }

func (p *ratePayload) missing() string {
	if p.Remaining == nil {
		return "remaining"
	}
	return ""
}

// RateLimit reads the account's request allowance. Asking costs nothing of it.
// See Remaining for its meaning.
func (c *Client) RateLimit(ctx context.Context) (remaining int, err error) {
	var payload ratePayload
	if err := c.fetch(ctx, "read the rate limit", "/account/rate-limits", &payload); err != nil {
		return 0, err
	}
	return *payload.Remaining, nil
}
