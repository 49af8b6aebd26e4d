package main

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func newHealthcheckCmd(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Ask the server on this machine for /health, for containers without a shell", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, err := e.config()
			if err != nil {
				return err
			}
			url := "http://" + cfg.ClientAddr() + "/health"
			req, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, url, nil)
			if err != nil {
				return err
			}
			client := &http.Client{Timeout: 3 * time.Second}
			resp, err := client.Do(req)
			if err != nil {
				return fmt.Errorf("the server does not answer: %w", err)
			}
			_, readErr := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
			closeErr := resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("%s answers %s", url, resp.Status)
			}
			if readErr != nil {
				return readErr
			}
			return closeErr
		},
	}
}
