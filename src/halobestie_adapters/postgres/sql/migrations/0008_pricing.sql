-- Histories are read the newest first, whatever they are about.

CREATE INDEX pricing_tiers_history_by_time ON pricing_tiers_history (at, id);
CREATE INDEX pricing_promotions_history_by_time ON pricing_promotions_history (at, id);
CREATE INDEX app_config_history_by_time ON app_config_history (at, id);
