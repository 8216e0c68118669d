package guard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/xdg-go/scram"
)

// scramIterations is PostgreSQL's default (scram_iterations, 4096). The
// password is random and lives for one run, so more would buy nothing.
const scramIterations = 4096

// maxAuthMessage bounds a SASL message in bytes; PG_MAX_SASL_MESSAGE_LENGTH
// (src/include/libpq/sasl.h) is 1024.
const maxAuthMessage = 1024

const scramSHA256 = "SCRAM-SHA-256"

// verifier checks the one-run password.
type verifier struct{ server *scram.Server }

func newVerifier(password string) (*verifier, error) {
	client, err := scram.SHA256.NewClient("", password, "")
	if err != nil {
		return nil, fmt.Errorf("guard: password: %w", err)
	}
	// The salt need not be secret, and the password is random: it only has
	// to differ from other servers'.
	stored := client.GetStoredCredentials(scram.KeyFactors{Salt: password[:len(password)/2], Iters: scramIterations})
	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) {
		return stored, nil
	})
	if err != nil {
		return nil, fmt.Errorf("guard: scram: %w", err)
	}
	return &verifier{server}, nil
}

// authenticate runs a SASL exchange (manual, "SASL Authentication").
func (v *verifier) authenticate(conn net.Conn, user string) error {
	if err := send(conn, &pgproto3.AuthenticationSASL{AuthMechanisms: []string{scramSHA256}}); err != nil {
		return err
	}
	body, err := readAuthMessage(conn)
	if err != nil {
		return err
	}
	var initial pgproto3.SASLInitialResponse
	if err := initial.Decode(body); err != nil || initial.AuthMechanism != scramSHA256 {
		return refuseStartup(conn, "08P01", "client selected an invalid SASL authentication mechanism")
	}
	conversation := v.server.NewConversation()
	first, err := conversation.Step(string(initial.Data))
	if err != nil {
		return passwordFailed(conn, user)
	}
	if err := send(conn, &pgproto3.AuthenticationSASLContinue{Data: []byte(first)}); err != nil {
		return err
	}
	if body, err = readAuthMessage(conn); err != nil {
		return err
	}
	final, err := conversation.Step(string(body))
	if err != nil || !conversation.Valid() {
		return passwordFailed(conn, user)
	}
	return send(conn, &pgproto3.AuthenticationSASLFinal{Data: []byte(final)})
}

func passwordFailed(conn net.Conn, user string) error {
	return refuseStartup(conn, "28P01", fmt.Sprintf("password authentication failed for user %q", user))
}

// readAuthMessage reads exactly one 'p' message: bytes after it belong to
// whoever reads the connection next.
func readAuthMessage(r io.Reader) ([]byte, error) {
	head, err := readFull(r, headerSize)
	if err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if head[0] != 'p' {
		return nil, errors.New("expected a password message")
	}
	if n < 4 || n > maxAuthMessage+4 {
		return nil, fmt.Errorf("password message: %w %d", errMessageLength, n)
	}
	return readFull(r, int(n)-4)
}
