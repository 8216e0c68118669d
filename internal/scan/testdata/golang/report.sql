SELECT count(*) FROM events e JOIN users u ON u.id = e.user_id WHERE e.at > now() - interval '1 day';
