package heroku

import "context"

type accountPayload struct{ Email string }

func (p *accountPayload) missing() string {
	if p.Email == "" {
		return "email"
	}
	return ""
}

// Account reads whose token it is. It needs the scope "identity": a token that
// is forbidden this (Forbidden) may be good for all the rest.
func (c *Client) Account(ctx context.Context) (email string, err error) {
	var payload accountPayload
	if err := c.fetch(ctx, "read the account", "/account", &payload); err != nil {
		return "", err
	}
	return payload.Email, nil
}

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
